"""Results that were kept, read as far as a table or figure asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..analysis.attention_record import Attention, read_attention
from ..common.files import write_atomically
from ..evaluation.results import read_result
from ..models.run_folder import RunFolder
from .systems import Comparison, System, read_experiment, read_systems


@dataclass(frozen=True)
class Part:
    """A table or figure of the report.

    Attributes:
        name: Of its files, such as table-2.
        title: For people.
        table: Rows of cells, the first of them titles; none of a figure.
        pictures: SVG files.
        text: What there is to say, in paragraphs.
    """

    name: str
    title: str
    table: Sequence[Sequence[str]] = ()
    pictures: Sequence[Path] = ()
    text: str = ""


class Kept:
    """Kept results, read as far as they are asked for.

    Args:
        folder: With `experiment.json`, and a folder a run.
        policy: Of the thresholds at which rows are compared.
    """

    def __init__(self, folder: Path, policy: str = "fixed"):
        self.folder, self.policy = folder, policy

    @cached_property
    def experiment(self) -> dict[str, Any]:
        """Settings, rows and costs."""
        return read_experiment(self.folder)

    @cached_property
    def systems(self) -> dict[str, System]:
        """The rows that were made."""
        return read_systems(self.folder, self.policy)

    @cached_property
    def compared(self) -> Comparison:
        """The rows on one set of resamples."""
        return Comparison(self.systems)

    def file(self, name: str) -> Any:
        """A JSON file of theirs.

        Raises:
            Missing: It was not kept.
        """
        if not (self.folder / name).is_file():
            raise Missing(name)
        return RunFolder(self.folder).read_json(name)

    def attention(self) -> list[Attention]:
        """The attention to documents that was kept."""
        return [read_attention(file) for file in sorted(self.folder.glob("attention/*.npz"))]

    def run(self, row: str) -> Path:
        """The folder of a row's run of the first seed.

        Raises:
            Missing: The row was not made.
        """
        return self.folder / self._first(row)["run"]

    def result(self, row: str) -> dict[str, Any]:
        """The figures of a row's run of the first seed, on test."""
        return read_result(self.run(row), self._first(row)["evaluation"])

    def sweep(self, row: str) -> dict[str, Any]:
        """What a mixing row's run of the first seed has on dev at every mixing weight."""
        name = self._first(row)["evaluation"].removeprefix("test-").rpartition("-")[0]
        return RunFolder(self.run(row) / "mixing").read_json(f"{name}.json")

    def _first(self, row: str) -> dict[str, Any]:
        found = [each for each in self.experiment["rows"] if each["row"] == row]
        if not found:
            raise Missing(f"row {row} of Table 2")
        return min(found, key=lambda each: each["seed"])


class Missing(Exception):
    """What a table or figure is made from was not kept; the message says what."""


def write_text(path: Path, text: str) -> Path:
    """Write a text file, whole or not at all.

    Raises:
        EmograinError: It cannot be written.
    """
    return write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
