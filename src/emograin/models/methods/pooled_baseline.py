"""The baseline with a pooler, a head that is not linear: mixing its embeddings does not equal averaging its logits."""

from torch import nn

from ...data.taxonomy import Taxonomy
from ..encoder import Encoder
from .baseline import Baseline


class PooledBaseline(Baseline):
    """The baseline with BERT's pooler, a layer with tanh, in front of its feed-forward layer.

    The layer starts as the identity: from random values, a layer between the encoder and the labels learns slowly.
    """

    def __init__(self, encoder: Encoder, taxonomy: Taxonomy, max_document_tokens: int = 50):
        super().__init__(encoder, taxonomy, max_document_tokens)
        dense = nn.Linear(self.hidden, self.hidden)
        nn.init.eye_(dense.weight)
        nn.init.zeros_(dense.bias)
        self.feed_forward = nn.Sequential(dense, nn.Tanh(), *self.feed_forward)
