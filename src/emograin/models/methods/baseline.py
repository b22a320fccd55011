"""The baseline (§3.1): a feed-forward layer on the output of [CLS]."""

from torch import Tensor, nn

from ...data.taxonomy import Taxonomy
from ..encoder import Encoder
from .method import Method


class Baseline(Method):
    """One slot per text, the output of [CLS]; one feed-forward layer scores all labels from it."""

    slots = 1
    tokens_read: int | None = 1

    def __init__(self, encoder: Encoder, taxonomy: Taxonomy, max_document_tokens: int = 50):
        super().__init__(encoder, taxonomy, max_document_tokens)
        # No hidden layer: from PyTorch's start of the bias, one learns much more slowly (docs/log.md).
        self.feed_forward = nn.Sequential(nn.Dropout(0.1), nn.Linear(self.hidden, len(taxonomy.labels)))

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> (batch, 1, hidden)."""
        return self.hidden_states(inputs)[:, :1]

    def score(self, embeddings: Tensor) -> Tensor:
        """(batch, 1, hidden) -> logits (batch, labels)."""
        return self.feed_forward(embeddings[:, 0])
