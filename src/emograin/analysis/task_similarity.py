"""Similarity of two tasks' labels on the same documents: entropy, mutual information and NMI in bits (§3.2.3, eq. 2-7).

Needs scipy, of `emograin[train]`; no torch.
"""

import numpy as np
from scipy import stats

from ..common.errors import EmograinError
from ..common.seeds import check_seed

NMI_VARIANTS = ("nmi_joint", "nmi_max")


def contingency(labels: np.ndarray, auxiliary: np.ndarray, weigh_documents: bool = False) -> np.ndarray:
    """Count how often each label of one task occurs together with each label of another (Table 1).

    Every pair (label, auxiliary label) of a document counts once, so documents with many labels count more. Documents
    without a label in one of the sets have no pairs.

    Args:
        labels: Multi-hot labels, (documents, labels) of 0 and 1.
        auxiliary: Multi-hot auxiliary labels of the same documents, (documents, auxiliary labels) of 0 and 1.
        weigh_documents: Whether the pairs of a document share a weight of 1 instead, as §5.1 proposes.

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
    """Compute the entropy H in bits: of the counts of one variable (eq. 2) or of a contingency table (eq. 3).

    Args:
        counts: Counts of any shape, at least 0.

    Raises:
        EmograinError: The counts are negative, not finite or all 0.

    >>> entropy(np.array([2, 1, 1])), entropy(np.array([[1, 1], [1, 1]])), entropy(np.array([5, 0]))
    (1.5, 2.0, 0.0)
    """
    return abs(float(stats.entropy(_counts(counts).ravel(), base=2)))  # abs: -0.0 becomes 0.0


def mutual_information(table: np.ndarray) -> float:
    """Compute the mutual information I in bits (eq. 4; the numerator of eq. 7).

    It is the Kullback-Leibler divergence of the joint distribution from the product of its marginals;
    `sklearn.metrics.mutual_info_score` rounds marginals to integers, which is wrong for weighted documents.

    Args:
        table: Contingency table, (labels, auxiliary labels).

    Raises:
        EmograinError: The counts are negative, not finite or all 0.

    >>> mutual_information(np.array([[2, 0], [0, 2]])), mutual_information(np.array([[1, 2], [2, 4]]))
    (1.0, 0.0)
    """
    joint = _counts(table)
    independent = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    bits = float(stats.entropy(joint.ravel(), independent.ravel(), base=2))
    return max(0.0, bits)  # rounding can leave less than 0


def nmi_joint(table: np.ndarray) -> float:
    """Compute NMI_joint = I / H(labels, auxiliary labels), in [0, 1] (eq. 5 and 7): the values of the paper's Table 3.

    Args:
        table: Contingency table, (labels, auxiliary labels).

    Raises:
        EmograinError: The counts are negative, not finite or all 0; or the joint entropy is 0.

    >>> round(nmi_joint(np.array([[1, 0], [1, 0], [0, 2]])), 4)  # I = 1 bit, H(labels, auxiliary labels) = 1.5 bits
    0.6667
    """
    return _normalise(table, entropy(table))


def nmi_max(table: np.ndarray) -> float:
    """Compute NMI_max = I / max(H(labels), H(auxiliary labels)), in [0, 1] (eq. 6).

    Args:
        table: Contingency table, (labels, auxiliary labels).

    Raises:
        EmograinError: The counts are negative, not finite or all 0; or both entropies are 0.

    >>> round(nmi_max(np.array([[2, 1], [0, 1]])), 4)  # I = 0.3113 bits; H = 0.8113 and 1 bit
    0.3113
    """
    return _normalise(table, max(entropy(table.sum(axis=1)), entropy(table.sum(axis=0))))


def compute_measures(table: np.ndarray) -> dict[str, float]:
    """Compute all measures of a contingency table: entropies and mutual information in bits, NMI in [0, 1].

    Args:
        table: Contingency table, (labels, auxiliary labels).

    Raises:
        EmograinError: The counts are negative, not finite or all 0; or both entropies are 0.
    """
    return {
        "entropy": entropy(table.sum(axis=1)),
        "auxiliary_entropy": entropy(table.sum(axis=0)),
        "joint_entropy": entropy(table),
        "mutual_information": mutual_information(table),
        "nmi_joint": nmi_joint(table),
        "nmi_max": nmi_max(table),
    }


def estimate_chance_nmi(
    labels: np.ndarray, auxiliary: np.ndarray, shuffles: int, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Estimate the NMI due to chance, from shuffles of the rows of auxiliary labels over the documents.

    Args:
        labels: Multi-hot labels, (documents, labels).
        auxiliary: Multi-hot auxiliary labels, (documents, auxiliary labels).
        shuffles: Number of shuffles, each of the original order.
        seed: Seed of the shuffles.

    Returns:
        `nmi_joint` and `nmi_max`, each with its `mean`, `low` (minimum) and `high` (maximum).

    Raises:
        EmograinError: The seed is negative; there are fewer than 1 shuffle; the label sets do not fit, or no document
            has a label in both; or both entropies are 0.
    """
    check_seed(seed)
    if shuffles < 1:
        raise EmograinError(f"shuffles must be at least 1, got {shuffles}")
    random = np.random.default_rng(seed)
    tables = [contingency(labels, random.permutation(auxiliary)) for _ in range(shuffles)]
    found = np.array([[nmi_joint(table), nmi_max(table)] for table in tables])  # (shuffles, 2)
    return {
        name: {"mean": float(column.mean()), "low": float(column.min()), "high": float(column.max())}
        for name, column in zip(NMI_VARIANTS, found.T, strict=True)
    }


def _multi_hot(name: str, labels: np.ndarray) -> np.ndarray:
    """Return the labels as float64, whose matrix products count exactly."""
    if labels.ndim != 2 or not labels.size:
        raise EmograinError(
            f"{name} must be of shape (documents, labels) with at least one of each, got {labels.shape}"
        )
    if not np.isin(labels, (0, 1)).all():
        raise EmograinError(f"{name} must be 0 or 1, got {labels[~np.isin(labels, (0, 1))][0]}")
    return labels.astype(np.float64)


def _counts(counts: np.ndarray) -> np.ndarray:
    counts = np.asarray(counts, dtype=np.float64)
    if not np.isfinite(counts).all() or (counts < 0).any() or not counts.any():
        raise EmograinError(f"counts must be finite, at least 0 and not all 0, got {counts.tolist()}")
    return counts


def _normalise(table: np.ndarray, entropy_bits: float) -> float:
    if not entropy_bits:
        raise EmograinError(
            "NMI is undefined if each label set has only one label in use, because its entropy is 0; "
            "expected two labels in one of the sets"
        )
    return min(1.0, mutual_information(table) / entropy_bits)
