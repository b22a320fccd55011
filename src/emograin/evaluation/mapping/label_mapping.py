"""Labels of one's own as unions of a model's labels: from a TOML file, or the groups of a taxonomy."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import EmograinError, unknown_name
from ...data.taxonomy import Taxonomy

CERTAIN = 1 - 1e-7  # largest probability in a product; 1 has no logarithm of its complement
HINT = 'a table [labels] with lines such as anger = ["anger", "annoyance"]'


@dataclass(frozen=True)
class LabelMapping:
    """A set of labels, each a union of labels of a model.

    Args:
        name: Name of the label set.
        unions: Label -> labels of the model that it unites, in the order of the label set.

    Raises:
        EmograinError: There is no label, or one that unites nothing, or one thing twice.
    """

    name: str
    unions: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        Taxonomy(self.name, tuple(self.unions))  # checks the names
        for label, members in self.unions.items():
            if not members:
                raise EmograinError(f"the label {label!r} unites no label of the model", "leave it out, or name one")
            if len(set(members)) < len(members):
                raise EmograinError(f"the label {label!r} names a label of the model twice: {', '.join(members)}")

    @classmethod
    def from_values(cls, values: Any, name: str) -> "LabelMapping":
        """Create a mapping from label -> label of the model, or list of them.

        Args:
            values: The values, such as a parsed TOML table.
            name: Name of the label set.

        Raises:
            EmograinError: A value is neither a name nor a list of names, or the labels are no label set.
        """
        if isinstance(values, cls):
            return values
        if not isinstance(values, Mapping):
            raise EmograinError(f"expected a mapping of labels, got {type(values).__name__}", HINT)
        unions = {}
        for label, members in values.items():
            listed = [members] if isinstance(members, str) else members
            if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
                raise EmograinError(f"labels.{label} must be a label of the model or a list of them, got {members!r}")
            unions[str(label)] = tuple(listed)
        return cls(name, unions)

    @classmethod
    def from_toml(cls, path: str | Path) -> "LabelMapping":
        """Read a mapping from the table `[labels]` of a TOML file.

        Raises:
            EmograinError: The file cannot be read, is not TOML, or is no mapping.
        """
        shown = f"mapping {str(path)!r}"
        try:
            values = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise EmograinError(f"cannot read {shown}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise EmograinError(f"{shown} is not UTF-8: {error}") from error
        except tomllib.TOMLDecodeError as error:
            raise EmograinError(f"{shown} is not TOML: {error}", HINT) from error
        for key in values:
            if key != "labels":
                raise EmograinError(f"{shown}: {unknown_name('key', key, ['labels'])}", HINT)
        if "labels" not in values:
            raise EmograinError(f"{shown} has no table [labels]", HINT)
        try:
            return cls.from_values(values["labels"], Path(path).stem)
        except EmograinError as error:
            raise EmograinError(f"{shown}: {error}") from error

    @classmethod
    def of_grouping(cls, taxonomy: Taxonomy, grouping: str) -> "LabelMapping":
        """Return the groups of a grouping as labels.

        Raises:
            EmograinError: The taxonomy has no such grouping.
        """
        groups = {name: tuple(taxonomy.groupings[grouping][name]) for name in taxonomy.groups(grouping)}
        return cls(grouping, groups)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the label set."""
        return tuple(self.unions)

    def members(self, labels: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Return the indices of the model's labels that each label unites.

        Args:
            labels: Labels of the model.

        Raises:
            EmograinError: The model has no such label.
        """
        found = []
        for union, members in self.unions.items():
            for member in members:
                if member not in labels:
                    raise EmograinError(f"mapping of {union!r}: {unknown_name('label of the model', member, labels)}")
            found.append(tuple(labels.index(member) for member in members))
        return tuple(found)


def unite_scores(scores: np.ndarray, members: Sequence[Sequence[int]]) -> np.ndarray:
    """Compute the score of each union as 1 - product(1 - score): noisy-or (Pearl 1988, section 4.3.2).

    It treats labels as independent, so it needs calibration; among maximum, sums of probabilities, of odds and of
    logits, it ranks best (docs/calibration.md). The score of a single label stays as it is.

    Args:
        scores: Probabilities, (texts, labels); NaN rows stay NaN.
        members: Indices of the labels of each union.

    Returns:
        (texts, unions), float64.

    >>> unite_scores(np.array([[0.5, 0.5, 0.25]]), [[0, 1], [2]]).tolist()
    [[0.75, 0.25]]
    """
    complements = np.log1p(-np.clip(np.asarray(scores, dtype=np.float64), 0, CERTAIN))
    united = np.empty((len(scores), len(members)))
    for at, each in enumerate(members):
        indices = list(each)
        united[:, at] = scores[:, each[0]] if len(each) == 1 else -np.expm1(complements[:, indices].sum(axis=1))
    return united


def unite_labels(labels: np.ndarray, members: Sequence[Sequence[int]]) -> np.ndarray:
    """Return which texts have a label of each union: gold labels (texts, labels) -> (texts, unions), uint8.

    >>> unite_labels(np.array([[0, 1, 0]]), [[0, 1], [2]]).tolist()
    [[1, 0]]
    """
    found = [(np.asarray(labels)[:, list(each)] > 0).any(axis=1) for each in members]
    return np.stack(found, axis=1).astype(np.uint8)
