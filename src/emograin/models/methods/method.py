"""The contract of every method: `inputs` -> `embed` -> `score`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from ...common.errors import EmograinError
from ...common.tokenizer_errors import tokenizer_errors
from ...data.taxonomy import Taxonomy
from ..encoder import Encoder


class Method(nn.Module, ABC):
    """A way to use labels, split where embedding mixing (§3.4.2) acts: between `embed` and `score`.

    `embed` returns one embedding per slot. A slot is a position that labels are scored from: [CLS], or one per label.
    The encoder reads the document between special tokens; a method may put token ids in front (`prefix_ids`).

    Args:
        encoder: A pretrained encoder.
        taxonomy: The labels to score.
        max_document_tokens: Word pieces of the document that are read; the rest is cut off.

    Attributes:
        slots: Number of slots, that is, of embeddings per text.
        hidden: Width of the embeddings.
        prefix: Token ids in front of the document.
        tokens_read: Number of leading tokens whose last hidden states `embed` reads; None: those of all tokens.

    Raises:
        EmograinError: Prefix and document do not fit the positions of the encoder.
    """

    slots: int
    tokens_read: int | None = None

    def __init__(self, encoder: Encoder, taxonomy: Taxonomy, max_document_tokens: int = 50):
        super().__init__()
        self.encoder = encoder.model
        self.tokenizer = encoder.tokenizer
        self.save_description = encoder.save
        self.hidden = encoder.hidden
        self.taxonomy = taxonomy
        self.max_document_tokens = max_document_tokens
        self.prefix = self.prefix_ids()
        self.token_types = getattr(encoder.model.config, "type_vocab_size", 0) or 0
        longest = len(self._assemble_ids([0] * max_document_tokens)[0])
        positions = encoder.positions or longest
        if longest > positions:
            largest = max_document_tokens - (longest - positions)
            raise EmograinError(
                f"inputs of {longest} tokens do not fit the encoder's {positions} positions",
                f"max_document_tokens must be at most {largest}"
                if largest > 0
                else "use an encoder with more positions, or shorter words for the labels",
            )

    @abstractmethod
    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> embeddings (batch, slots, hidden)."""

    @abstractmethod
    def score(self, embeddings: Tensor) -> Tensor:
        """Embeddings (batch, slots, hidden) -> logits (batch, labels)."""

    def initialize(self) -> None:
        """Initialize new layers from the pretrained encoder, before a training; loading a run does not call it."""

    def prefix_ids(self) -> list[int]:
        """Return the token ids in front of the document; none by default."""
        return []

    def inputs(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Texts -> token tensors (batch, tokens), padded to the longest text, on the device of the encoder.

        Raises:
            EmograinError: The list of texts is empty.
        """
        return self.assemble(self.tokenize(texts))

    def tokenize(self, texts: Sequence[str], limit: int | None = None) -> list[list[int]]:
        """Texts -> token ids of each text, without special tokens.

        A special token spelled out in a text ("[SEP]") is read as characters.

        Args:
            texts: The texts.
            limit: Number of word pieces per text; None: `max_document_tokens`.

        Raises:
            EmograinError: The tokenizer cannot read a text, or is that of another encoder.
        """
        documents: list[list[int]] = self._tokenize(texts, limit)["input_ids"] if texts else []
        highest = max(max(ids, default=0) for ids in documents) if documents else 0
        rows = cast(nn.Embedding, self.encoder.get_input_embeddings()).num_embeddings
        if highest >= rows:
            raise EmograinError(
                f"ids of the tokenizer exceed the table of embeddings: {highest}, expected below {rows}"
            )
        return documents

    def spans(self, text: str, limit: int | None = None) -> list[tuple[int, int]]:
        """Return start and end of each word piece from `tokenize` in the text, in characters.

        Args:
            text: The text.
            limit: Number of word pieces; None: `max_document_tokens`.

        Raises:
            EmograinError: The tokenizer is a slow one (Python code), which has no offsets.
        """
        if not self.tokenizer.is_fast:
            raise EmograinError(f"{type(self.tokenizer).__name__} has no character offsets: use a fast tokenizer")
        return self._tokenize([text], limit, return_offsets_mapping=True)["offset_mapping"][0]

    def regions(self, document: Sequence[int]) -> list[str]:
        """Return the region of each token of an assembled document: "special", "prefix" or "document"."""
        end = len(self._assemble_ids(list(document))[0]) - 1
        front = ["special"] + ["prefix"] * len(self.prefix)
        between = ["special"] * (end - len(document) - len(front))
        return [*front, *between, *["document"] * len(document), "special"]

    def assemble(self, documents: Sequence[list[int]]) -> dict[str, Tensor]:
        """Token ids from `tokenize` -> token tensors (batch, tokens), padded, on the device of the encoder.

        Raises:
            EmograinError: The list of documents is empty.
        """
        if not len(documents):
            raise EmograinError("expected at least one text, got none")
        rows = [self._assemble_ids(document) for document in documents]
        width = max(len(ids) for ids, _ in rows)
        tokens = torch.full((len(rows), width), self.tokenizer.pad_token_id)
        mask = torch.zeros(len(rows), width, dtype=torch.long)
        segments = torch.zeros(len(rows), width, dtype=torch.long)
        for row, (ids, start) in enumerate(rows):
            tokens[row, : len(ids)] = torch.tensor(ids)
            mask[row, : len(ids)] = 1
            segments[row, start : len(ids)] = 1
        inputs = {"input_ids": tokens, "attention_mask": mask}
        if self.token_types > 1:
            inputs["token_type_ids"] = segments
        return {name: tensor.to(self.encoder.device) for name, tensor in inputs.items()}

    def hidden_states(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> the encoder's last hidden states (batch, tokens, hidden)."""
        return self.encoder(**inputs).last_hidden_state

    def _tokenize(self, texts: Sequence[str], limit: int | None, **more: bool) -> Any:
        with tokenizer_errors():
            return self.tokenizer(
                list(texts),
                add_special_tokens=False,
                truncation=True,
                max_length=limit or self.max_document_tokens,
                split_special_tokens=True,
                return_attention_mask=False,
                return_token_type_ids=False,
                verbose=False,
                **more,
            )

    def _assemble_ids(self, document: list[int]) -> tuple[list[int], int]:
        """Add special tokens and prefix; return all ids, and the start of the second segment (their number if none)."""
        tokenizer = self.tokenizer
        first = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
        last = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
        if not self.prefix:
            ids = [first, *document, last]
            return ids, len(ids)
        # BERT puts one separator between two segments; RoBERTa and MPNet put two.
        between = [last] * (tokenizer.num_special_tokens_to_add(pair=True) - 2)
        front = [first, *self.prefix, *between]
        return [*front, *document, last], len(front)


class FeedForward(nn.Sequential):
    """The feed-forward layer of §3.3, with a tanh layer as in BERT's pooler: (..., hidden) -> (..., outputs).

    Args:
        hidden: Width of the embeddings.
        outputs: Scores per embedding.
        dropout: Dropout rate between the two layers.
    """

    def __init__(self, hidden: int, outputs: int, dropout: float = 0.1):
        super().__init__(nn.Linear(hidden, hidden), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden, outputs))
