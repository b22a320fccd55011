"""Label embeddings (§3.3): labels precede the document; each label is scored from its own output."""

import torch
from torch import Tensor

from ...data.taxonomy import Taxonomy
from ..encoder import Encoder
from .method import FeedForward, Method


class LabelEmbedding(Method):
    """Input `[CLS] E1 .. Em [SEP] T1 .. Tn [SEP]`: one slot per label, one feed-forward layer shared by all labels.

    The slot of a label is the mean of the outputs of its word pieces.
    """

    averaging: Tensor  # (labels, word pieces of all labels)

    def __init__(self, encoder: Encoder, taxonomy: Taxonomy, max_document_tokens: int = 50):
        super().__init__(encoder, taxonomy, max_document_tokens)
        self.slots = len(taxonomy.labels)
        self.feed_forward = FeedForward(self.hidden, 1)
        pieces = self._label_pieces()
        averaging = torch.block_diag(*[torch.full((1, len(ids)), 1 / len(ids)) for ids in pieces])
        self.register_buffer("averaging", averaging, persistent=False)
        self.tokens_read = 1 + averaging.shape[1]

    def prefix_ids(self) -> list[int]:
        """Return the word pieces of all labels, in the order of the taxonomy."""
        return [piece for ids in self._label_pieces() for piece in ids]

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> (batch, labels, hidden)."""
        outputs = self.hidden_states(inputs)[:, 1 : self.tokens_read]  # (batch, pieces, hidden)
        return self.averaging.to(outputs.dtype) @ outputs

    def score(self, embeddings: Tensor) -> Tensor:
        """(batch, labels, hidden) -> logits (batch, labels)."""
        return self.feed_forward(embeddings).squeeze(-1)

    def _label_pieces(self) -> list[list[int]]:
        # With a leading space, byte-level tokenizers encode a label as a word inside a sentence.
        words = [f" {words}" for words in self.taxonomy.label_words()]
        return self.tokenizer(words, add_special_tokens=False)["input_ids"]
