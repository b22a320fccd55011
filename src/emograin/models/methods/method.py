"""The contract of every method: inputs -> embed -> score."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...common.errors import EmograinError
from ...data.taxonomy import Taxonomy
from ..encoder import Encoder


class Method(nn.Module, ABC):
    """A way to use labels, cut where embedding mixing acts.

    A method says which slots it reads (`embed`) and how it scores them (`score`); what the encoder reads is the
    document between special tokens unless the method puts something in front (`prefix`).

    Args:
        encoder: A pretrained encoder.
        taxonomy: The labels to score.
        max_document_tokens: Word pieces of the document that are read.

    Attributes:
        slots: Embeddings a text.

    Raises:
        EmograinError: The encoder has too few positions for prefix and document.
    """

    slots: int

    def __init__(self, encoder: Encoder, taxonomy: Taxonomy, max_document_tokens: int = 50):
        super().__init__()
        self.encoder = encoder.model
        self.tokenizer = encoder.tokenizer
        self.save_description = encoder.save
        self.hidden = encoder.hidden
        self.taxonomy = taxonomy
        self.max_document_tokens = max_document_tokens
        self.prefix = self.prefix_ids()
        self.segments = getattr(encoder.model.config, "type_vocab_size", 0) or 0
        longest = len(self._assembled([0] * max_document_tokens)[0])
        room = encoder.positions or longest
        if longest > room:
            most = max_document_tokens - (longest - room)
            raise EmograinError(
                f"inputs of {longest} tokens do not fit the encoder's {room} positions",
                f"max_document_tokens must be at most {most}"
                if most > 0
                else "take an encoder with more positions, or shorter words for the labels",
            )

    @abstractmethod
    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> embeddings (batch, slots, hidden)."""

    @abstractmethod
    def score(self, embeddings: Tensor) -> Tensor:
        """Embeddings (batch, slots, hidden) -> logits (batch, labels)."""

    def prefix_ids(self) -> list[int]:
        """Token ids that stand in front of the document."""
        return []

    def inputs(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Texts -> token tensors (batch, tokens), padded to the longest of them, on the method's device."""
        return self.assemble(self.tokenize(texts))

    def tokenize(self, texts: Sequence[str], limit: int | None = None) -> list[list[int]]:
        """Texts -> ids of the documents' first `limit` (`max_document_tokens`) word pieces, without special tokens.

        A text that spells a special token ("[SEP]") is read as those characters.
        """
        return self._tokenized(texts, limit)["input_ids"] if texts else []

    def spans(self, text: str, limit: int | None = None) -> list[tuple[int, int]]:
        """Where in the text each of the word pieces that `tokenize` gives begins and ends, in characters.

        Raises:
            EmograinError: The tokenizer is one of Python code, which keeps no places.
        """
        if not self.tokenizer.is_fast:
            raise EmograinError(f"{type(self.tokenizer).__name__} cannot tell where in a text its word pieces are")
        return self._tokenized([text], limit, return_offsets_mapping=True)["offset_mapping"][0]

    def parts(self, document: Sequence[int]) -> list[str]:
        """What each token of an assembled document is: "special", "prefix" or "document"."""
        end = len(self._assembled(list(document))[0]) - 1
        front = ["special"] + ["prefix"] * len(self.prefix)
        between = ["special"] * (end - len(document) - len(front))
        return [*front, *between, *["document"] * len(document), "special"]

    def assemble(self, documents: Sequence[list[int]]) -> dict[str, Tensor]:
        """Ids from `tokenize` -> token tensors (batch, tokens), as `inputs` gives them.

        Raises:
            EmograinError: There are none.
        """
        if not len(documents):
            raise EmograinError("expected texts to make inputs of, got none")
        rows = [self._assembled(document) for document in documents]
        width = max(len(ids) for ids, _ in rows)
        tokens = torch.full((len(rows), width), self.tokenizer.pad_token_id)
        mask = torch.zeros(len(rows), width, dtype=torch.long)
        segments = torch.zeros(len(rows), width, dtype=torch.long)
        for row, (ids, start) in enumerate(rows):
            tokens[row, : len(ids)] = torch.tensor(ids)
            mask[row, : len(ids)] = 1
            segments[row, start : len(ids)] = 1
        inputs = {"input_ids": tokens, "attention_mask": mask}
        if self.segments > 1:
            inputs["token_type_ids"] = segments
        return {name: tensor.to(self.encoder.device) for name, tensor in inputs.items()}

    def hidden_states(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> the encoder's last hidden states (batch, tokens, hidden)."""
        return self.encoder(**inputs).last_hidden_state

    def _tokenized(self, texts: Sequence[str], limit: int | None, **more: bool) -> Any:
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

    def _assembled(self, document: list[int]) -> tuple[list[int], int]:
        """Ids with special tokens, and where the second segment starts: behind the prefix, or nowhere."""
        tokenizer = self.tokenizer
        first = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
        last = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
        if not self.prefix:
            ids = [first, *document, last]
            return ids, len(ids)
        # BERT puts one separator between two segments, RoBERTa and MPNet two.
        between = [last] * (tokenizer.num_special_tokens_to_add(pair=True) - 2)
        front = [first, *self.prefix, *between]
        return [*front, *document, last], len(front)


class FeedForward(nn.Sequential):
    """The feed forward layer of §3.3: (..., hidden) -> (..., outputs), with a tanh layer as in BERT's pooler.

    Args:
        hidden: Width of the embeddings.
        outputs: Scores an embedding.
        dropout: Rate between the two layers.
    """

    def __init__(self, hidden: int, outputs: int, dropout: float = 0.1):
        super().__init__(nn.Linear(hidden, hidden), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden, outputs))
