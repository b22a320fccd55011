"""Neighbours of a label's slot: what the training texts that one label sees as nearest were labelled.

Every label has an index of its own: the states of its slot for all training texts. Its score by neighbours is the
share of them that carry the label, weighted by similarity. A method with one slot has one index that all labels share.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from emograin.common.errors import EmograinError
from emograin.common.files import write_atomically
from emograin.data.batching import inference_batches
from emograin.models.encoder import weights_fingerprint
from emograin.models.methods import Method

MEMORY = 512 * 2**20  # bytes of similarities, and again of keys, that are held at once
TEMPERATURES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


class States(NamedTuple):
    """Texts through a method.

    Attributes:
        slots: (slots, texts, hidden), float16: one block a label, as the search reads them.
        scores: (texts, labels), float32, the model's own probabilities, from the same pass.
    """

    slots: np.ndarray
    scores: np.ndarray


@torch.inference_mode()
def slot_states(
    method: Method,
    documents: Sequence[list[int]],
    on_progress: Callable[[int], Any] = lambda _: None,
    batch_size: int = 64,
    into: Path | None = None,
) -> States:
    """Embeddings and scores of documents, one pass through the encoder.

    Args:
        method: A trained method, in evaluation mode.
        documents: Token ids from `method.tokenize`.
        on_progress: Called with the number of texts done, after each batch.
        batch_size: Texts that go through the encoder at once.
        into: A .npy file for the slots, for what is larger than memory; they are then read from it as needed.
    """
    shape = (method.slots, len(documents), method.hidden)
    if into is None:
        slots = np.empty(shape, dtype=np.float16)
    else:
        slots = np.lib.format.open_memmap(into, mode="w+", dtype=np.float16, shape=shape)
        if hasattr(os, "posix_fallocate"):  # room for all of it now: later a full disk would end the process
            with into.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, into.stat().st_size)
    scores = np.empty((len(documents), len(method.taxonomy.labels)), dtype=np.float32)
    for batch in inference_batches([len(ids) for ids in documents], batch_size):
        embeddings = method.embed(method.assemble([documents[at] for at in batch]))
        scores[batch] = method.score(embeddings).float().sigmoid().cpu().numpy()
        slots[:, batch] = embeddings.float().cpu().numpy().swapaxes(0, 1)
        on_progress(len(batch))
    if isinstance(slots, np.memmap):
        slots.flush()
    return States(slots, scores)


def cached_slots(
    folder: Path, method: Method, documents: Sequence[list[int]], on_progress: Callable[[int], Any] = lambda _: None
) -> np.ndarray:
    """Slots (slots, texts, hidden) of documents, float16, made once a model and documents and then read from a file.

    Raises:
        EmograinError: The file cannot be written or read.
    """
    path = folder / f"slots-{fingerprint(method, documents)[:32]}.npy"
    if not path.exists():
        write_atomically(path, lambda part: slot_states(method, documents, on_progress, into=part))
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error}", "delete it, and it is made again") from None


def fingerprint(method: Method, documents: Sequence[list[int]]) -> str:
    """SHA-256 of all that slots depend on: the method's weights, what stands before the documents, the documents."""
    described = (type(method).__name__, method.slots, method.prefix, weights_fingerprint(method))
    found = hashlib.sha256(repr(described).encode())
    for ids in documents:
        found.update(np.array([len(ids), *ids], dtype=np.int64).tobytes())
    return found.hexdigest()


def neighbour_scores(
    queries: np.ndarray,
    keys: np.ndarray,
    gold: np.ndarray,
    k: int = 64,
    temperatures: Sequence[float] = TEMPERATURES,
    centre: bool = False,
    memory: int = MEMORY,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> np.ndarray:
    """For each label the share of the k nearest training texts that carry it, weighted by softmax(cosine / T).

    Args:
        queries: (slots, texts, hidden); slots are the labels, or 1.
        keys: (slots, training texts, hidden).
        gold: (training texts, labels), 0 or 1.
        k: Neighbours; all training texts where there are fewer.
        temperatures: Each T; the smaller, the more the nearest ones count.
        centre: Subtract the training texts' mean, which all texts share, before angles are taken.
        memory: Bytes of similarities, and again of keys, that are held at once.
        on_progress: Called with 1 after each slot.

    Returns:
        (temperatures, texts, labels), float32.

    Raises:
        EmograinError: Shapes do not fit, there is nothing to search, or a temperature is not above 0.
    """
    slots, labels = len(keys), gold.shape[1]
    if slots not in (1, labels) or len(queries) != slots or keys.shape[1] != len(gold) or not len(gold):
        got = f"queries {queries.shape}, keys {keys.shape}, gold {gold.shape}"
        raise EmograinError(f"expected one slot, or one a label, and a training text a row of gold, got {got}")
    if k < 1 or min(temperatures) <= 0:
        raise EmograinError(f"k must be at least 1 and temperatures above 0, got {k} and {list(temperatures)}")
    found = np.empty((len(temperatures), queries.shape[1], labels), dtype=np.float32)
    for slot in range(slots):
        similarities, rows = nearest(queries[slot], keys[slot], k, centre, memory)
        which = slice(None) if slots == 1 else slice(slot, slot + 1)
        votes = gold[:, which].astype(np.float32)[rows]  # (texts, k, labels)
        for at, temperature in enumerate(temperatures):
            shares = torch.from_numpy(similarities / np.float32(temperature)).softmax(dim=1).numpy()
            found[at, :, which] = np.einsum("tk,tkl->tl", shares, votes)
        on_progress(1)
    return found


def nearest(
    queries: np.ndarray, keys: np.ndarray, k: int, centre: bool = False, memory: int = MEMORY
) -> tuple[np.ndarray, np.ndarray]:
    """The k keys of highest cosine to each query, exactly, a block of queries and keys at a time.

    Args:
        queries: (texts, hidden).
        keys: (training texts, hidden).
        k: At most all keys.
        centre: Subtract the keys' mean from both first.
        memory: Bytes of similarities, and again of keys.

    Returns:
        Cosines (texts, k), float32, highest first, and rows of the keys (texts, k), int64.
    """
    count, hidden = keys.shape
    k = min(k, count)
    mean = torch.from_numpy(keys.mean(axis=0, dtype=np.float64).astype(np.float32)) if centre else None
    width = max(k, min(count, memory // (4 * hidden)))
    height = max(1, memory // (4 * (width + k)))
    best = torch.full((len(queries), k), -torch.inf)
    rows = torch.zeros((len(queries), k), dtype=torch.int64)
    for start in range(0, count, width):
        block = _unit(keys[start : start + width], mean)
        for top in range(0, len(queries), height):
            part = slice(top, top + height)
            here, at = (_unit(queries[part], mean) @ block.T).topk(min(k, len(block)), dim=1)
            both, both_rows = torch.cat([best[part], here], dim=1), torch.cat([rows[part], at + start], dim=1)
            best[part], order = both.topk(k, dim=1)
            rows[part] = both_rows.gather(1, order)
    return best.numpy(), rows.numpy()


def _unit(states: np.ndarray, mean: Tensor | None) -> Tensor:
    """States (texts, hidden) -> unit vectors, float32, about the mean."""
    found = torch.from_numpy(np.array(states, dtype=np.float32))
    return torch.nn.functional.normalize(found if mean is None else found - mean, dim=1)
