"""Attention into and out of the tokens that labels are scored from, layer by layer, over many texts (§5.2).

The paper shows it on one text (Figures 6 to 8). Here it is measured on all texts with a gold label: the attention that
a gold label's slot receives (as a key) and its attention to other tokens (as a query), compared with the slots of the
other labels; for a method with a single slot such as the baseline's [CLS], with even attention to all tokens.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..evaluation.significance import RESAMPLES
from ..models.methods import Method
from .attention import attend_documents
from .attention_flow_intervals import label_flow_intervals, single_slot_intervals

# What is measured for each slot; the first two as a key, the others, which sum to 1, as a query.
QUANTITIES = (
    ("as_key", "from_all_tokens"),
    ("as_key", "from_document"),
    ("as_query", "to_document"),
    ("as_query", "to_itself"),
    ("as_query", "to_other_slots"),
    ("as_query", "to_special_tokens"),
)


def measure_attention_flow(
    method: Method,
    texts: Sequence[str],
    gold: np.ndarray,
    resamples: int = RESAMPLES,
    seed: int = 0,
    on_progress: Callable[[int], Any] = lambda _: None,
) -> dict[str, Any]:
    """Measure the attention to and from slots by layer, mean over heads, with 95 % bootstrap intervals over texts.

    Args:
        method: A trained method, in evaluation mode.
        texts: Documents; those without word pieces, without a gold label or with all labels are left out and counted.
        gold: Gold labels, (texts, labels) of 0 and 1.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resampling.
        on_progress: Called with the number of texts done, after each batch.

    Returns:
        Plain values:

        - `texts`, `left_out`, `slots`, `layers`, `heads`, `resamples`, `seed`;
        - `compared_layers`: number k of first and of last layers that are compared, 3 or half of the layers;
        - `as_key`: attention that a slot receives, summed over its word pieces, mean over the attending tokens:
          `from_all_tokens`, or `from_document`, the document's tokens only;
        - `as_query`: a slot's attention by its target, mean over its word pieces: `to_document`, `to_itself`,
          `to_other_slots`, `to_special_tokens`, which sum to 1.

        Under each of these six, of a method with one slot per label: `gold`, mean over the slots of a text's gold
        labels; `other_labels`, mean over its other slots; `same_labels`, mean over the same labels' slots in texts
        without them, which controls for a label's words and position; `gold_minus_other_labels` and
        `gold_minus_same_labels`. Of a method with a single slot, which has no `to_other_slots`: `slot`; `even`, its
        value if every token attended evenly to all; `slot_minus_even`.

        Under each of these: `layers`, one entry per layer; `first` and `last`, means over the first and last k layers;
        `last_minus_first`. Differences are paired by text. An entry has `mean`, `low` and `high`; it is None for first
        and last layers if there are fewer than two, and where the texts have nothing to compare with.

        With one slot per label also `labels`: for each gold label its `texts` and, over the last k layers, its slot
        minus the slots of its texts' other labels `as_key` (from all tokens) and `as_query` (to the document).

    Raises:
        EmograinError: No text is left.
    """
    documents = method.tokenize(texts)
    counts = (np.asarray(gold) > 0).sum(axis=1)
    kept = [at for at, ids in enumerate(documents) if ids and 0 < counts[at] < gold.shape[1]]
    if not kept:
        raise EmograinError(f"expected texts with words and a gold label, got none in {len(texts)}")
    flows, even, heads = _flow_of_documents(method, [documents[at] for at in kept], on_progress)
    described = {
        "texts": len(kept),
        "left_out": len(texts) - len(kept),
        "slots": method.slots,
        "layers": flows.shape[2],
        "heads": heads,
    }
    if method.slots > 1:
        measured = label_flow_intervals(flows, np.asarray(gold)[kept] > 0, resamples, seed)
        measured["labels"] = dict(zip(method.taxonomy.labels, measured["labels"], strict=True))
    else:
        measured = single_slot_intervals(flows[..., 0], even[..., 0], resamples, seed)
    by_kind: dict[str, dict[str, Any]] = {"as_key": {}, "as_query": {}}
    for (kind, name), values in zip(QUANTITIES, measured.pop("quantities"), strict=True):
        if name != "to_other_slots" or method.slots > 1:
            by_kind[kind][name] = values
    return {**described, "resamples": resamples, "seed": seed, **measured, **by_kind}


def slot_flow(attention: np.ndarray, slots: np.ndarray, document: np.ndarray) -> np.ndarray:
    """Compute the attention that slots receive, and their attention to the document and other targets, in one text.

    Args:
        attention: Attention weights, (layers, tokens, tokens), rows sum to 1.
        slots: Tokens of each slot, (slots, tokens), bool.
        document: Tokens of the document, (tokens,), bool; at least one.

    Returns:
        (quantities, layers, slots), in the order of `QUANTITIES`.

    >>> attention = np.array([[[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [1.0, 0.0, 0.0]]])  # one layer
    >>> slots, document = np.eye(3, dtype=bool)[:1], np.array([False, True, True])  # [CLS] and two word pieces
    >>> slot_flow(attention, slots, document)[:, 0, 0].round(3).tolist()
    [0.583, 0.625, 0.5, 0.5, 0.0, 0.0]
    """
    in_slots = slots.any(axis=0)
    targets = (
        np.broadcast_to(document & ~in_slots, slots.shape),
        slots,
        in_slots & ~slots,
        np.broadcast_to(~document & ~in_slots, slots.shape),
    )
    received = [attention[:, rows].mean(axis=1) @ slots.T for rows in (slice(None), document)]  # (layers, slots)
    outgoing = slots / slots.sum(axis=1, keepdims=True) @ attention  # (layers, slots, tokens)
    return np.stack([*received, *((outgoing * target).sum(axis=-1) for target in targets)])


def _flow_of_documents(
    method: Method, documents: Sequence[list[int]], on_progress: Callable[[int], Any]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Compute `slot_flow` of many documents, one batch of attention in memory at a time.

    Returns:
        Flow (documents, quantities, layers, slots); its value for even attention (documents, quantities, slots), both
        float32; number of heads.
    """
    flows: list[Any] = [None] * len(documents)
    even: list[Any] = [None] * len(documents)
    heads = 0
    for at, seen in attend_documents(method, documents, on_progress):
        document = np.array(method.regions(documents[at])) == "document"
        slots = find_slots(seen.readout if method.slots > 1 else seen.readout.mean(axis=0, keepdims=True))
        heads, tokens = seen.weights.shape[1:3]
        flows[at] = slot_flow(seen.weights.mean(axis=1), slots, document).astype(np.float32)
        even[at] = slot_flow(np.full((1, tokens, tokens), 1 / tokens), slots, document)[:, 0].astype(np.float32)
    return np.stack(flows), np.stack(even), heads


def find_slots(readout: np.ndarray) -> np.ndarray:
    """Return the tokens that a label is scored from, those with more than half of the largest share.

    Args:
        readout: Share of each token's output in a label's score, (labels, tokens).

    Returns:
        (labels, tokens), bool.

    >>> find_slots(np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])).tolist()
    [[True, True, False], [False, False, True]]
    """
    return readout > readout.max(axis=1, keepdims=True) / 2
