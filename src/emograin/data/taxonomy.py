"""The label set: the 28 emotions of GoEmotions with their coarser groups (§3.2.2), or labels from a TOML file."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from ..common.checks import from_values
from ..common.errors import EmograinError, shortened, unknown_name
from ..common.files import write_text
from .label_cells import parse_labels


@dataclass(frozen=True)
class Taxonomy:
    """Labels in a fixed order, with groupings of them into coarser groups.

    Args:
        name: Name of the taxonomy.
        labels: Names of the labels; a label's position is its index in every array of labels.
        groupings: Labels by group by grouping. Every label is in at least one group of each grouping.
        words: Label words: a word or a definition that the encoder reads for a label, by default the label's name.
        placeholders: Strings in the texts that must be one token, such as "[NAME]".

    Raises:
        EmograinError: There is no label, a repeated or empty name, an unknown label, an empty group, or
            a label without a group.

    >>> moods = Taxonomy("moods", ("joy", "awe", "fear"), {"tone": {"good": ("joy", "awe"), "bad": ("fear", "awe")}})
    >>> moods.index("awe"), moods.groups("tone")
    (1, ('good', 'bad'))
    >>> moods.to_groups(np.array([[1, 0, 0], [0, 1, 0]]), "tone").tolist()
    [[1, 0], [1, 1]]
    """

    name: str
    labels: tuple[str, ...]
    groupings: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    placeholders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_names(f"labels of taxonomy {self.name!r}", self.labels)
        if not self.labels:
            raise EmograinError(f"taxonomy {self.name!r} needs at least 1 label, got 0")
        for label in self.words:
            self.index(label)
        _check_names("words", [self.words.get(label, label) for label in self.labels])
        _check_names("placeholders", self.placeholders)
        for grouping, groups in self.groupings.items():
            covered = {label for members in groups.values() for label in members}
            for group, members in groups.items():
                _check_names(f"group {group!r} of grouping {grouping!r}", members)
                if not members:
                    raise EmograinError(f"group {group!r} of grouping {grouping!r} is empty")
            for label in covered:
                self.index(label)
            if missing := [label for label in self.labels if label not in covered]:
                raise EmograinError(
                    f"grouping {grouping!r} must have a group for every label, got no group for {missing}"
                )

    def index(self, label: str) -> int:
        """Return the index of a label.

        Raises:
            EmograinError: The taxonomy has no such label.
        """
        if label not in self.labels:
            raise unknown_name("label", label, self.labels)
        return self.labels.index(label)

    def indices(self, labels: Any) -> list[int]:
        """Parse the labels of one text to indices; a text may have none.

        Args:
            labels: Names or indices of the labels, in a list or in a string, see `label_cells.parse_labels`.

        Raises:
            EmograinError: There is an unknown label, or an index outside the taxonomy.

        >>> GOEMOTIONS.indices("joy, love"), GOEMOTIONS.indices("17|18"), GOEMOTIONS.indices(["joy", 18])
        ([17, 18], [17, 18], [17, 18])
        """
        return [self._parse_label(each) for each in parse_labels(labels, self.labels)]

    def _parse_label(self, label: Any) -> int:
        if isinstance(label, str) and (label in self.labels or not re.fullmatch("[0-9]{1,18}", label)):
            return self.index(label)
        if isinstance(label, bool) or not isinstance(label, int | str):
            raise EmograinError(f"a label must be a name or an index, got {label!r}")
        if not 0 <= int(label) < len(self.labels):
            raise EmograinError(f"a label index must lie in 0 to {len(self.labels) - 1}, got {label}")
        return int(label)

    def multi_hot(self, indices: Sequence[Sequence[int]]) -> np.ndarray:
        """Encode label indices as multi-hot rows.

        Args:
            indices: Indices of the labels of each text.

        Returns:
            Multi-hot labels, (texts, labels) uint8.

        >>> Taxonomy("tone", ("good", "bad", "none")).multi_hot([[2], [0, 1]]).tolist()
        [[0, 0, 1], [1, 1, 0]]
        """
        labels = np.zeros((len(indices), len(self.labels)), dtype=np.uint8)
        for row, each in zip(labels, indices, strict=True):
            row[list(each)] = 1
        return labels

    def groups(self, grouping: str) -> tuple[str, ...]:
        """Return the names of a grouping's groups, in order.

        Raises:
            EmograinError: The taxonomy has no such grouping.
        """
        if not self.groupings:
            raise EmograinError(
                f"there is no grouping {grouping!r}: these labels have none",
                f"the labels are {shortened(', '.join(self.labels))}",
            )
        if grouping not in self.groupings:
            raise unknown_name("grouping", grouping, self.groupings)
        return tuple(self.groupings[grouping])

    def group_matrix(self, grouping: str) -> np.ndarray:
        """Return a matrix (labels, groups) uint8 that is 1 where the label is in the group, else 0.

        Raises:
            EmograinError: The taxonomy has no such grouping.
        """
        groups = self.groups(grouping)
        matrix = np.zeros((len(self.labels), len(groups)), dtype=np.uint8)
        for column, group in enumerate(groups):
            matrix[[self.index(label) for label in self.groupings[grouping][group]], column] = 1
        return matrix

    def to_groups(self, labels: np.ndarray, grouping: str) -> np.ndarray:
        """Map the labels of texts to groups: a text is in every group that has one of its labels.

        Args:
            labels: Multi-hot labels, (texts, labels).
            grouping: Name of the grouping.

        Returns:
            Multi-hot groups, (texts, groups) uint8.

        Raises:
            EmograinError: The taxonomy has no such grouping, or the labels are of another shape.
        """
        if labels.ndim != 2 or labels.shape[1] != len(self.labels):
            raise EmograinError(f"labels must be of shape (n, {len(self.labels)}), got {labels.shape}")
        # The product of booleans is a disjunction, and cannot overflow as uint8 would.
        return (labels.astype(bool) @ self.group_matrix(grouping).astype(bool)).astype(np.uint8)

    def label_words(self) -> list[str]:
        """Return the text that the encoder reads for each label, in the order of the labels."""
        return [self.words.get(label, label) for label in self.labels]

    def to_dict(self) -> dict[str, Any]:
        """Return the taxonomy as JSON-able values, for `from_dict`."""
        return {
            "name": self.name,
            "labels": list(self.labels),
            "groupings": {
                grouping: {group: list(members) for group, members in groups.items()}
                for grouping, groups in self.groupings.items()
            },
            "words": dict(self.words),
            "placeholders": list(self.placeholders),
        }

    @classmethod
    def from_dict(cls, values: Any) -> "Taxonomy":
        """Create a taxonomy from the values of `to_dict` or of a TOML file.

        Raises:
            EmograinError: A key is missing or unknown, or a value is of the wrong type or inconsistent.
        """
        return from_values(cls, values)

    @classmethod
    def from_toml(cls, path: str | Path) -> "Taxonomy":
        """Load a taxonomy from a TOML file in the form of `data/goemotions.toml`, see `from_file`."""
        return cls._parse(path, "TOML", tomllib.loads)

    @classmethod
    def from_file(cls, path: str | Path) -> "Taxonomy":
        """Load a taxonomy from a JSON file, by its extension .json, or from a TOML file.

        Raises:
            EmograinError: The file cannot be read, is not JSON or TOML, or is not a taxonomy.
        """
        return cls._parse(path, "JSON", json.loads) if Path(path).suffix == ".json" else cls.from_toml(path)

    @classmethod
    def _parse(cls, path: str | Path, format: str, parse: Callable[[str], Any]) -> "Taxonomy":
        try:
            return cls.from_dict(parse(Path(path).read_text(encoding="utf-8-sig")))
        except OSError as error:
            raise EmograinError(f"cannot read taxonomy {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise EmograinError(f"taxonomy {path} is not UTF-8: {error}") from error
        except (ValueError, RecursionError) as error:  # both parsers' errors are ValueErrors
            raise EmograinError(f"taxonomy {path} is not {format}: {error}") from error
        except EmograinError as error:
            raise EmograinError(f"taxonomy {path}: {error}") from error

    def write(self, path: str | Path) -> None:
        """Write the taxonomy for `from_file`: as JSON, by the extension .json, or as TOML.

        Raises:
            EmograinError: The extension is another one, or the file cannot be written.
        """
        if Path(path).suffix not in (".json", ".toml"):
            raise EmograinError(f"a taxonomy is a .json or .toml file, got {str(path)!r}")
        values = self.to_dict()
        if Path(path).suffix == ".json":
            text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
        else:
            text = "".join(_toml_lines(values))
        write_text(Path(path), text)


def _toml_lines(values: Mapping[str, Any], table: str = "") -> Iterator[str]:
    """Yield the lines of a TOML table. A string or a list of strings is written in TOML as in JSON."""
    tables = {key: each for key, each in values.items() if isinstance(each, Mapping)}
    for key, each in values.items():
        if key not in tables:
            yield f"{_toml(key) if table else key} = {_toml(each)}\n"
    for key, each in tables.items():
        name = f"{table}.{_toml(key)}" if table else key
        if each:
            yield f"\n[{name}]\n"
            yield from _toml_lines(each, name)


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )  # TOML has no surrogate pairs, nor a raw DEL


def _check_names(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if not name.strip():
            raise EmograinError(f"{what} must not be empty, got {name!r}")
        if name in seen:
            raise EmograinError(f"{what} must differ, got {name!r} twice")
        seen.add(name)


with resources.as_file(resources.files("emograin.data") / "goemotions.toml") as _path:
    GOEMOTIONS = Taxonomy.from_toml(_path)
