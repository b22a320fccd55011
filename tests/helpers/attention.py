"""A text and methods with random weights, for the tests of attention."""

import torch

from emograin.models import encoder
from emograin.models.methods import FeedForward, Method

TEXT = "I am so Happy for [NAME] about the exam!"
DOCUMENT_TOKENS = 40


class MeanPooling(Method):
    """A method that is not registered: labels are scored from the mean of all tokens."""

    slots = 1

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.feed_forward = FeedForward(self.hidden, len(self.taxonomy.labels))

    def embed(self, inputs):
        mask = inputs["attention_mask"].unsqueeze(-1)
        return (self.hidden_states(inputs) * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)

    def score(self, embeddings):
        return self.feed_forward(embeddings[:, 0])


def build(kind, folder, taxonomy):
    """Build a method on an encoder of tiny_encoders."""
    torch.manual_seed(0)
    return kind(encoder.load(str(folder), taxonomy.placeholders), taxonomy, DOCUMENT_TOKENS).eval()
