"""thresholds.json of runs and exported models: threshold policy -> one threshold per label, chosen on dev."""

from pathlib import Path
from typing import Annotated, Literal, get_args

from ..common.checks import Length, Probability, checked, naming, read_json
from ..common.errors import EmograinError

# The threshold policies; `evaluation.threshold_policies` chooses the thresholds. Every file has all of them.
Policy = Literal["fixed", "global", "per-label"]
POLICIES: tuple[Policy, ...] = get_args(Policy)

Thresholds = dict[str, list[float]]


def read_thresholds(path: Path, labels: int) -> Thresholds:
    """Read the thresholds of all policies.

    Args:
        path: The file.
        labels: Number of labels.

    Raises:
        FileNotFoundError: The file does not exist; the caller adds a hint.
        EmograinError: The file is damaged, a policy is missing, or a threshold does not lie in [0, 1].
    """
    values = read_json(path)
    with naming(path):
        thresholds: Thresholds = checked(dict[str, Annotated[list[Probability], Length(labels)]], values, "thresholds")
        for policy in POLICIES:
            if policy not in thresholds:
                raise EmograinError(f"the policy {policy!r} is missing")
    return thresholds
