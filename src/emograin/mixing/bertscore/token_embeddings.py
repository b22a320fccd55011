"""Sentences as the contextual embeddings of their tokens, normalised, computed once and kept in a folder.

FOLDER/
  embeddings.json         what they are of: encoder, layer, texts
  tokens-00000.npy        (tokens, hidden) float32, sentence after sentence, the shortest first, without padding
  ...                     a file every few thousand sentences, each whole, so that a broken-off run goes on
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
from ...common.files import sha256_json, write_atomically
from ...models.encoder import Encoder, weights_fingerprint

FILE_TOKENS = 65536  # tokens a file: 100 MB at 384 dimensions
BATCH_TOKENS = 4096  # tokens that go through the encoder at once


@dataclass(frozen=True)
class Block:
    """Sentences of one length.

    Attributes:
        rows: (sentences,) which they are.
        tokens: (sentences, length, hidden) float32, unit norm; a view of a file.
        ids: (sentences, length) token ids.
    """

    rows: np.ndarray
    tokens: np.ndarray
    ids: np.ndarray


def default_cache() -> Path:
    """Where embeddings and searches are kept if nothing else is said: EMOGRAIN_CACHE, or the user's cache folder."""
    named = os.environ.get("EMOGRAIN_CACHE")
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else (Path(base) if base else Path.home() / ".cache") / "emograin"


class TokenEmbeddings:
    """The token embeddings of some sentences, in a folder. Made by `embed_tokens`.

    Args:
        folder: Where the files are.
        ids: Token ids of each sentence, special tokens included.
        hidden: Width of an embedding.
    """

    def __init__(self, folder: Path, ids: Sequence[list[int]], hidden: int):
        self.folder, self.ids, self.hidden = folder, ids, hidden
        self.lengths = np.array([len(each) for each in ids], dtype=np.int64)
        self.files = _files(self.lengths)
        self._opened: dict[int, np.ndarray] = {}
        self._place: dict[int, tuple[int, int]] = {}
        for number, rows in enumerate(self.files):
            starts = np.cumsum(self.lengths[rows]) - self.lengths[rows]
            self._place |= {int(row): (number, int(start)) for row, start in zip(rows, starts, strict=True)}

    def __len__(self) -> int:
        return len(self.ids)

    def sentence(self, row: int) -> np.ndarray:
        """One sentence's embeddings (length, hidden)."""
        number, start = self._place[row]
        return self._open(number)[start : start + self.lengths[row]]

    def blocks(self, most_tokens: int) -> Iterator[Block]:
        """All sentences, the shortest first, in blocks of one length and at most so many tokens, or of one sentence."""
        for number, rows in enumerate(self.files):
            tokens, start = self._open(number), 0
            lengths = self.lengths[rows]
            for length in np.unique(lengths):
                same = rows[lengths == length]
                step = max(most_tokens // int(length), 1)
                for at in range(0, len(same), step):
                    part = same[at : at + step]
                    end = start + len(part) * int(length)
                    block = tokens[start:end].reshape(len(part), int(length), self.hidden)
                    yield Block(part, block, np.array([self.ids[row] for row in part]))
                    start = end

    def mean(self) -> np.ndarray:
        """The mean embedding of each sentence (sentences, hidden), special tokens included, unit norm."""
        means = np.zeros((len(self), self.hidden), dtype=np.float32)
        for block in self.blocks(FILE_TOKENS):
            means[block.rows] = block.tokens.mean(axis=1)
        return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)

    def _open(self, number: int) -> np.ndarray:
        if number in self._opened:
            return self._opened[number]
        path = self._path(number)
        try:
            # Copied where it is written to, which nothing does: PyTorch takes no arrays that it may not write to.
            self._opened[number] = np.asarray(np.load(path, mmap_mode="c"))
            return self._opened[number]
        except (OSError, ValueError, EOFError) as error:
            raise EmograinError(f"cannot read {str(path)!r}: {error}", "delete it to have it made again") from None

    def _path(self, number: int) -> Path:
        return self.folder / f"tokens-{number:05}.npy"


def embed_tokens(
    encoder: Encoder,
    texts: Sequence[str],
    cache: Path,
    layer: int | None = None,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> TokenEmbeddings:
    """The token embeddings of texts, computed or taken from a cache.

    Args:
        encoder: In evaluation mode or not: dropout is off here.
        texts: Cut at the encoder's limit, like bert-score's.
        cache: A folder of embeddings, a folder for each set of texts, encoder and layer.
        layer: Whose hidden states, counted from 1; None is the last.
        on_progress: Called with a number of texts when they are done.

    Raises:
        EmograinError: No such layer, a folder that holds something else, or a full disk; what is finished is kept.
    """
    layers = encoder.model.config.num_hidden_layers
    if layer is not None and not 1 <= layer <= layers:
        raise EmograinError(f"layer must lie in [1, {layers}], got {layer}")
    ids = token_ids(encoder, texts)
    described = {"encoder": weights_fingerprint(encoder.model), "layer": layer or layers, "texts": sha256_json(ids)}
    folder = cache / sha256_json(described)[:16]
    embeddings = TokenEmbeddings(folder, ids, encoder.hidden)
    _claim(folder, described)
    for number, rows in enumerate(embeddings.files):
        path = embeddings._path(number)
        if not path.exists():
            tokens = _encode(encoder, [ids[row] for row in rows], layer or layers)
            write_atomically(path, partial(_save, tokens=tokens))
        on_progress(len(rows))
    return embeddings


def token_ids(encoder: Encoder, texts: Sequence[str]) -> list[list[int]]:
    """Token ids with special tokens, cut at the encoder's limit; an empty text has the special tokens alone."""
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
    """Unit embeddings of sentences, one after another: (tokens, hidden) float32. Sentences come sorted by length."""
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
    """Consecutive sentences, sorted by length, whose padded size stays near `BATCH_TOKENS`."""
    start = 0
    for at in range(1, len(ids) + 1):
        if at == len(ids) or (at + 1 - start) * len(ids[at]) > BATCH_TOKENS:
            yield ids[start:at]
            start = at


def _files(lengths: np.ndarray) -> list[np.ndarray]:
    """Rows of each file: sorted by length, cut where a file has its tokens."""
    order = np.argsort(lengths, kind="stable")
    number = (np.cumsum(lengths[order]) - 1) // FILE_TOKENS
    return np.split(order, np.flatnonzero(np.diff(number)) + 1) if len(order) else []


def _claim(folder: Path, described: dict[str, Any]) -> None:
    """Write what the folder holds, or check it."""
    path = folder / "embeddings.json"
    if not path.exists():
        write_atomically(path, lambda part: part.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8"))
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error}", "delete the folder to start it again") from None
    differing = [name for name in described if not isinstance(found, dict) or found.get(name) != described[name]]
    if differing:
        raise EmograinError(
            f"{str(folder)!r} holds embeddings of other {' and '.join(differing)}", "delete it, or name another cache"
        )


def _save(path: Path, tokens: np.ndarray) -> None:
    with path.open("wb") as file:
        # As numpy.save, whose error does not say that a disk is full.
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(tokens))
        file.write(np.ascontiguousarray(tokens).data)
