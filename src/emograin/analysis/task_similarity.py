"""§3.2.3: how much the labels of two tasks on the same documents share (eq. 2-7; Tables 1 and 3). All of it in bits."""

import numpy as np

from ..common.errors import EmograinError

NORMALISED = ("nmi_joint", "nmi_max")


def contingency(labels: np.ndarray, auxiliary: np.ndarray, weigh_documents: bool = False) -> np.ndarray:
    """Table 1: how often each label of a task meets each label of another one in a document.

    Every pair of a document counts once, so a document of many labels counts more than one of few. A document without
    a label in one of the sets has no pair and counts nothing.

    Args:
        labels: Multi-hot, (documents, labels) of 0 and 1.
        auxiliary: Multi-hot, (documents, auxiliary labels) of 0 and 1, of the same documents in the same order.
        weigh_documents: A document's pairs share a weight of 1 instead, as §5.1 wishes for.

    Returns:
        (labels, auxiliary labels), float64.

    Raises:
        EmograinError: No documents or labels, different numbers of documents, values other than 0 and 1, or no
            document that has a label in both sets.

    >>> emotions = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]])
    >>> tones = np.array([[1, 0], [1, 0], [0, 1]])
    >>> contingency(emotions, tones).tolist()
    [[2.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> contingency(emotions, tones, weigh_documents=True).tolist()
    [[1.5, 0.0], [0.5, 0.0], [0.0, 1.0]]
    """
    first, second = _multi_hot("labels", labels), _multi_hot("auxiliary labels", auxiliary)
    if len(first) != len(second):
        raise EmograinError(
            f"both label sets must be of the same documents, got {len(first):,} documents and {len(second):,}"
        )
    pairs = first.sum(axis=1) * second.sum(axis=1)  # (documents,)
    if not pairs.any():
        raise EmograinError(f"no document of {len(first):,} has a label in both sets, expected at least one")
    if weigh_documents:
        first = first / np.maximum(pairs, 1)[:, None]
    return first.T @ second


def entropy(counts: np.ndarray) -> float:
    """H in bits: of one variable's counts eq. 2, of a contingency table eq. 3.

    Args:
        counts: Of any shape, at least 0; 0 log 0 is 0.

    Raises:
        EmograinError: There are no counts, or some are negative or not finite.

    >>> entropy(np.array([2, 1, 1])), entropy(np.array([[1, 1], [1, 1]])), entropy(np.array([5, 0]))
    (1.5, 2.0, 0.0)
    """
    shares = _shares(counts)
    shares = shares[shares > 0]
    return abs(float(shares @ np.log2(shares)))  # the sum is at most 0


def mutual_information(table: np.ndarray) -> float:
    """I in bits (eq. 4; the numerator of eq. 7).

    Args:
        table: Counts, (labels, auxiliary labels).

    Raises:
        EmograinError: There are no counts, or some are negative or not finite.

    >>> mutual_information(np.array([[2, 0], [0, 2]])), mutual_information(np.array([[1, 2], [2, 4]]))
    (1.0, 0.0)
    """
    shares = _shares(table)
    rows, columns = shares.sum(axis=1, keepdims=True), shares.sum(axis=0, keepdims=True)
    there = shares > 0
    logs = np.log2(shares[there]) - np.log2((rows * columns)[there])
    return max(0.0, float(shares[there] @ logs))  # rounding can leave less than 0


def nmi_joint(table: np.ndarray) -> float:
    """I / H(labels, auxiliary labels), in [0, 1] (eq. 5 and 7): what the paper reports in Table 3.

    Raises:
        EmograinError: As `mutual_information`; or each set has only one label, so that its entropy is 0.

    >>> round(nmi_joint(np.array([[1, 0], [1, 0], [0, 2]])), 4)  # I = 1 bit, H(labels, auxiliary labels) = 1.5 bits
    0.6667
    """
    return _normalised(table, entropy(table))


def nmi_max(table: np.ndarray) -> float:
    """I / max(H(labels), H(auxiliary labels)), in [0, 1] (eq. 6).

    Raises:
        EmograinError: As `nmi_joint`.

    >>> round(nmi_max(np.array([[2, 1], [0, 1]])), 4)  # I = 0.3113 bits; H = 0.8113 and 1 bit
    0.3113
    """
    return _normalised(table, max(entropy(table.sum(axis=1)), entropy(table.sum(axis=0))))


def measures(table: np.ndarray) -> dict[str, float]:
    """Every figure of a contingency table: entropies and mutual information in bits, NMI in [0, 1].

    Raises:
        EmograinError: As `nmi_joint`.
    """
    return {
        "entropy": entropy(table.sum(axis=1)),
        "auxiliary_entropy": entropy(table.sum(axis=0)),
        "joint_entropy": entropy(table),
        "mutual_information": mutual_information(table),
        "nmi_joint": nmi_joint(table),
        "nmi_max": nmi_max(table),
    }


def shuffled(labels: np.ndarray, auxiliary: np.ndarray, shuffles: int, seed: int = 0) -> dict[str, dict[str, float]]:
    """What chance leaves: both NMI after the auxiliary rows were dealt to the documents anew.

    Args:
        labels: Multi-hot, (documents, labels).
        auxiliary: Multi-hot, (documents, auxiliary labels).
        shuffles: How many times, each from the whole.
        seed: Of the shuffles.

    Returns:
        `nmi_joint` and `nmi_max`, each with its `mean`, `low` (the lowest) and `high` (the highest).

    Raises:
        EmograinError: As `contingency` and `nmi_joint`, a negative seed, or fewer than 1 shuffle.
    """
    if seed < 0:
        raise EmograinError(f"seed must be at least 0, got {seed}")
    if shuffles < 1:
        raise EmograinError(f"shuffles must be at least 1, got {shuffles}")
    random = np.random.default_rng(seed)
    tables = [contingency(labels, random.permutation(auxiliary)) for _ in range(shuffles)]
    found = np.array([[nmi_joint(table), nmi_max(table)] for table in tables])  # (shuffles, 2)
    return {
        name: {"mean": float(column.mean()), "low": float(column.min()), "high": float(column.max())}
        for name, column in zip(NORMALISED, found.T, strict=True)
    }


def _multi_hot(what: str, labels: np.ndarray) -> np.ndarray:
    """The labels as float64, whose products count exactly."""
    if labels.ndim != 2 or not labels.size:
        raise EmograinError(
            f"{what} must be of shape (documents, labels) with at least one of each, got {labels.shape}"
        )
    if not np.isin(labels, (0, 1)).all():
        raise EmograinError(f"{what} must be 0 or 1, got {labels[~np.isin(labels, (0, 1))][0]}")
    return labels.astype(np.float64)


def _shares(counts: np.ndarray) -> np.ndarray:
    counts = np.asarray(counts, dtype=np.float64)
    if not np.isfinite(counts).all() or (counts < 0).any() or not counts.any():
        raise EmograinError(f"counts must be finite, at least 0 and not all 0, got {counts.tolist()}")
    return counts / counts.sum()


def _normalised(table: np.ndarray, bits: float) -> float:
    if not bits:
        raise EmograinError(
            "NMI is undefined where each label set has only one label in use: its entropy is 0; expected two labels in "
            "one of the sets"
        )
    return min(1.0, mutual_information(table) / bits)
