"""Contextual token embeddings of sentences, normalised, computed once and cached in a folder.

FOLDER/
  embeddings.json         encoder, layer and texts they were computed from
  tokens-00000.npy        (tokens, hidden) float32, sentence after sentence, the shortest first, without padding
  ...                     one file per few thousand sentences, each written atomically: an interrupted run resumes
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...common.errors import EmograinError
from ...common.files import sha256_json, write_atomically, write_text
from ...models.encoder import Encoder, weights_fingerprint
from .score import offsets

FILE_TOKENS = 65536  # tokens per file: 100 MB at 384 dimensions
BATCH_TOKENS = 4096  # padded tokens per batch of the encoder


@dataclass(frozen=True)
class Block:
    """Sentences of one length.

    Attributes:
        rows: (sentences,) their rows.
        tokens: (sentences, length, hidden) float32, unit norm; a view of a file.
        ids: (sentences, length) token ids.
    """

    rows: np.ndarray
    tokens: np.ndarray
    ids: np.ndarray


def default_cache() -> Path:
    """Return the default folder for embeddings and searches: EMOGRAIN_CACHE, or one in the user's cache folder."""
    named = os.environ.get("EMOGRAIN_CACHE")
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else (Path(base) if base else Path.home() / ".cache") / "emograin"


class TokenEmbeddings:
    """Token embeddings of sentences, in a folder. Built by `embed_tokens`.

    Args:
        folder: Folder of the files.
        ids: Token ids of each sentence, special tokens included.
        hidden: Width of an embedding.
    """

    def __init__(self, folder: Path, ids: Sequence[list[int]], hidden: int):
        self.folder, self.ids, self.hidden = folder, ids, hidden
        self.lengths = np.array([len(each) for each in ids], dtype=np.int64)
        self.files = _split_into_files(self.lengths)
        self._opened: dict[int, np.ndarray] = {}
        self._locations: dict[int, tuple[int, int]] = {}  # row -> file number and first token
        for number, rows in enumerate(self.files):
            starts = offsets(self.lengths[rows])
            self._locations |= {int(row): (number, int(start)) for row, start in zip(rows, starts, strict=True)}

    def __len__(self) -> int:
        return len(self.ids)

    def sentence(self, row: int) -> np.ndarray:
        """Return one sentence's embeddings (length, hidden)."""
        number, start = self._locations[row]
        return self._open(number)[start : start + self.lengths[row]]

    def blocks(self, max_tokens: int) -> Iterator[Block]:
        """Yield all sentences, the shortest first, in blocks of one length.

        Args:
            max_tokens: Largest number of tokens per block; a block has at least one sentence.
        """
        for number, rows in enumerate(self.files):
            tokens, start = self._open(number), 0
            lengths = self.lengths[rows]
            for length in np.unique(lengths):
                same_length = rows[lengths == length]
                step = max(max_tokens // int(length), 1)
                for at in range(0, len(same_length), step):
                    part = same_length[at : at + step]
                    end = start + len(part) * int(length)
                    block = tokens[start:end].reshape(len(part), int(length), self.hidden)
                    yield Block(part, block, np.array([self.ids[row] for row in part]))
                    start = end

    def mean(self) -> np.ndarray:
        """Compute the mean embedding of each sentence (sentences, hidden), special tokens included, unit norm."""
        means = np.zeros((len(self), self.hidden), dtype=np.float32)
        for block in self.blocks(FILE_TOKENS):
            means[block.rows] = block.tokens.mean(axis=1)
        return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)

    def path(self, number: int) -> Path:
        """Return the path of a file of `files`."""
        return self.folder / f"tokens-{number:05}.npy"

    def _open(self, number: int) -> np.ndarray:
        if number in self._opened:
            return self._opened[number]
        path = self.path(number)
        try:
            # Copy on write, although nothing writes: PyTorch rejects read-only arrays.
            self._opened[number] = np.asarray(np.load(path, mmap_mode="c"))
            return self._opened[number]
        except (OSError, ValueError, EOFError) as error:
            raise EmograinError(f"cannot read {str(path)!r}: {error}", "delete it to compute it again") from None


def embed_tokens(
    encoder: Encoder,
    texts: Sequence[str],
    cache: Path,
    layer: int | None = None,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> TokenEmbeddings:
    """Compute the token embeddings of texts, or load them from a cache.

    Args:
        encoder: Encoder; its dropout is disabled here.
        texts: Texts, truncated to the encoder's limit, as in bert-score.
        cache: Folder of caches, one folder per set of texts, encoder and layer.
        layer: Layer of the hidden states, counted from 1; None is the last.
        on_progress: Called with the number of texts done since the last call.

    Raises:
        EmograinError: The layer does not exist, the folder holds other embeddings, or the disk is full; finished files
            stay.
    """
    layers = encoder.model.config.num_hidden_layers
    if layer is not None and not 1 <= layer <= layers:
        raise EmograinError(f"layer must lie in [1, {layers}], got {layer}")
    ids = tokenize(encoder, texts)
    metadata = {"encoder": weights_fingerprint(encoder.model), "layer": layer or layers, "texts": sha256_json(ids)}
    embeddings = TokenEmbeddings(cache / sha256_json(metadata)[:16], ids, encoder.hidden)
    _write_or_check_metadata(embeddings.folder, metadata)
    for number, rows in enumerate(embeddings.files):
        path = embeddings.path(number)
        if not path.exists():
            tokens = _encode(encoder, [ids[row] for row in rows], layer or layers)
            write_atomically(path, partial(_save, tokens=tokens))
        on_progress(len(rows))
    return embeddings


def tokenize(encoder: Encoder, texts: Sequence[str]) -> list[list[int]]:
    """Return token ids with special tokens, truncated to the encoder's limit; an empty text has only special tokens."""
    tokenizer = encoder.tokenizer
    limit = min(tokenizer.model_max_length, encoder.positions or tokenizer.model_max_length)
    stripped = [text.strip() for text in texts]
    if not stripped:
        return []
    return tokenizer(stripped, truncation=True, max_length=limit, return_attention_mask=False, verbose=False)[
        "input_ids"
    ]


@torch.inference_mode()
def _encode(encoder: Encoder, ids: Sequence[list[int]], layer: int) -> np.ndarray:
    """Compute unit embeddings (tokens, hidden) float32 of sentences sorted by length, sentence after sentence."""
    model = encoder.model.eval()
    parts = []
    for batch in _batches(ids):
        width = max(len(each) for each in batch)
        tokens = torch.full((len(batch), width), encoder.tokenizer.pad_token_id)
        mask = torch.zeros(len(batch), width, dtype=torch.long)
        for row, each in enumerate(batch):
            tokens[row, : len(each)] = torch.tensor(each)
            mask[row, : len(each)] = 1
        inputs = {"input_ids": tokens.to(model.device), "attention_mask": mask.to(model.device)}
        states = model(**inputs, output_hidden_states=True).hidden_states[layer]  # 0 is the input
        parts.append(torch.nn.functional.normalize(states.float(), dim=-1)[mask.bool()].cpu().numpy())
    return np.concatenate(parts)


def _batches(ids: Sequence[list[int]]) -> Iterator[Sequence[list[int]]]:
    """Yield consecutive sentences, sorted by length, whose padded size stays within `BATCH_TOKENS`."""
    start = 0
    for at in range(1, len(ids) + 1):
        if at == len(ids) or (at + 1 - start) * len(ids[at]) > BATCH_TOKENS:
            yield ids[start:at]
            start = at


def _split_into_files(lengths: np.ndarray) -> list[np.ndarray]:
    """Split the rows, sorted by length, into files of `FILE_TOKENS`."""
    order = np.argsort(lengths, kind="stable")
    number = (np.cumsum(lengths[order]) - 1) // FILE_TOKENS
    return np.split(order, np.flatnonzero(np.diff(number)) + 1) if len(order) else []


def _write_or_check_metadata(folder: Path, metadata: dict[str, Any]) -> None:
    path = folder / "embeddings.json"
    if not path.exists():
        write_text(path, json.dumps(metadata, indent=1) + "\n")
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error}", "delete the folder to start over") from None
    differing = [name for name in metadata if not isinstance(found, dict) or found.get(name) != metadata[name]]
    if differing:
        raise EmograinError(
            f"{str(folder)!r} holds embeddings of other {' and '.join(differing)}", "delete it, or name another cache"
        )


def _save(path: Path, tokens: np.ndarray) -> None:
    with path.open("wb") as file:
        # Like numpy.save, whose error does not name the cause, such as a full disk.
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(tokens))
        file.write(np.ascontiguousarray(tokens).data)
