"""§3.3: the labels in front of the document; each label is scored from its own output."""

import torch
from torch import Tensor

from ...data.taxonomy import Taxonomy
from ..encoder import Encoder
from .method import FeedForward, Method


class LabelEmbedding(Method):
    """`[CLS] E1 .. Em [SEP] T1 .. Tn [SEP]`: one slot a label, one feed forward layer shared by all labels.

    A label of several word pieces has the mean of their outputs as its slot.
    """

    averaging: Tensor  # (labels, word pieces of all labels)

    def __init__(self, encoder: Encoder, taxonomy: Taxonomy, max_document_tokens: int = 50):
        super().__init__(encoder, taxonomy, max_document_tokens)
        self.slots = len(taxonomy.labels)
        self.feed_forward = FeedForward(self.hidden, 1)
        pieces = self._label_pieces()
        averaging = torch.block_diag(*[torch.full((1, len(ids)), 1 / len(ids)) for ids in pieces])
        self.register_buffer("averaging", averaging, persistent=False)

    def prefix_ids(self) -> list[int]:
        """The labels' word pieces, in the taxonomy's order."""
        return [piece for ids in self._label_pieces() for piece in ids]

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> (batch, labels, hidden)."""
        outputs = self.hidden_states(inputs)[:, 1 : 1 + self.averaging.shape[1]]  # (batch, pieces, hidden)
        return self.averaging.to(outputs.dtype) @ outputs

    def score(self, embeddings: Tensor) -> Tensor:
        """(batch, labels, hidden) -> logits (batch, labels)."""
        return self.feed_forward(embeddings).squeeze(-1)

    def _label_pieces(self) -> list[list[int]]:
        # A word inside a sentence: byte-level tokenizers spell it with the space in front.
        words = [f" {words}" for words in self.taxonomy.label_words()]
        return self.tokenizer(words, add_special_tokens=False)["input_ids"]
