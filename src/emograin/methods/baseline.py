"""§3.1: the output of [CLS] into a feed forward layer."""

from torch import Tensor

from ..encoder import Encoder
from ..labels import Taxonomy
from .method import FeedForward, Method


class Baseline(Method):
    """One slot a text, the output of [CLS]; one feed forward layer scores all labels from it."""

    slots = 1

    def __init__(self, encoder: Encoder, taxonomy: Taxonomy, document_tokens: int = 50):
        super().__init__(encoder, taxonomy, document_tokens)
        self.feed_forward = FeedForward(self.hidden, len(taxonomy.labels))

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> (batch, 1, hidden)."""
        return self.hidden_states(inputs)[:, :1]

    def score(self, embeddings: Tensor) -> Tensor:
        """(batch, 1, hidden) -> logits (batch, labels)."""
        return self.feed_forward(embeddings[:, 0])
