"""The baseline whose output layer starts from the words of the labels, on the mean of all tokens (ours)."""

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from .baseline import Baseline

PHRASE = "I feel {}."  # a label's words as a text
LOGIT_SCALE = 12.0  # initial norm of a label's weights times that of an embedding (docs/log.md)


class LabelInitialized(Baseline):
    """One slot per text, the mean of its hidden states; the output layer starts as a comparison to the labels' words.

    The weights of a label start as the encoder's embedding of its words, without what all labels share, and the bias
    as if every text had one label. With label embeddings the labels' words are in every input (§3.3); here they only
    set the initial weights, so inputs are half as long.
    """

    tokens_read: int | None = None

    def initialize(self) -> None:
        """Set the output layer from the embeddings of the labels' words."""
        output, labels = cast(nn.Linear, self.feed_forward[-1]), len(self.taxonomy.labels)
        was_training = self.training
        with torch.no_grad():
            texts = [PHRASE.format(words) for words in self.taxonomy.label_words()]
            phrases = self.eval().embed(self.inputs(texts))[:, 0]  # (labels, hidden)
            directions = normalize(phrases, dim=1)
            directions -= directions.mean(dim=0)
            norms = phrases.norm(dim=1).mean() * directions.norm(dim=1).mean()
            output.weight.copy_(directions * LOGIT_SCALE / norms.clamp(min=1e-6))
            output.bias.fill_(rare_label_bias(labels))
        self.train(was_training)

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> (batch, 1, hidden)."""
        states = self.hidden_states(inputs)  # (batch, tokens, hidden)
        mask = inputs["attention_mask"].unsqueeze(-1).to(states.dtype)  # (batch, tokens, 1)
        return (states * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)


def rare_label_bias(labels: int) -> float:
    """Return the logit of 1 / labels: with it, a text has one label on average before any training.

    From a bias of 0 the first steps go into lowering the scores of all labels (Lin et al. 2017, section 3.3).

    >>> round(rare_label_bias(28), 2)
    -3.3
    """
    return -math.log(max(labels - 1, 1))
