"""Flags for other labels than the model's, shared by commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import Parameter

from ..common.errors import EmograinError

if TYPE_CHECKING:  # the commands load them, `emograin --help` does not
    from ..data.corpus import Corpus
    from ..evaluation.mapping.label_mapping import LabelMapping
    from ..prediction.model_source import ModelSource


@Parameter(name="*")
@dataclass(frozen=True)
class LabelFlags:
    """Labels instead of the model's.

    Parameters
    ----------
    mapping
        TOML file with your own labels, each a union of the model's: a table [labels] with lines such as
        anger = ["anger", "annoyance"].
    group
        Predict the groups of a grouping of the model's labels: sentiment or ekman.
    """

    mapping: Path | None = None
    group: str | None = None

    def read(self) -> "LabelMapping | None":
        """Read the mapping.

        Raises:
            EmograinError: The file cannot be read, or is no mapping.
        """
        from ..evaluation.mapping.label_mapping import LabelMapping

        return None if self.mapping is None else LabelMapping.from_toml(self.mapping)

    def open_source(self, model: Path | None, device: str = "cpu") -> "ModelSource":
        """Read the description of a model, with these labels.

        Raises:
            EmograinError: There is no model, or the labels do not fit.
        """
        from ..prediction.model_source import open_source

        return open_source(model, self.read(), self.group, device)


def load_corpus(model: "ModelSource", data: str, columns: tuple[str, str], splits: Sequence[str] | None) -> "Corpus":
    """Load a corpus in the labels of a model; with a mapping, it may be labelled in those before the mapping.

    Args:
        model: The model.
        data: Name, folder or file of the corpus.
        columns: Names of the text and the label column.
        splits: Splits that will be used; None: all but test.

    Raises:
        EmograinError: The corpus cannot be read, has other labels, or only columns of some of the labels are named.
    """
    from ..data.sources import load
    from ..evaluation.mapping.mapped_corpus import load_mapped

    _require_all_labels(model, columns[1])
    if model.mapping is None or model.original is None:
        return load(data, model.taxonomy, *columns)
    return load_mapped(data, model.taxonomy, model.original, model.mapping, columns, splits)


def _require_all_labels(model: "ModelSource", label_column: str) -> None:
    """Raise an error if columns of only some of the labels are named: the others would count as absent."""
    named = {name.strip() for name in label_column.split(",")} - {""}
    if model.mapping is None or model.original is None:
        labels, needed = model.taxonomy.labels, set(model.taxonomy.labels)
    elif named <= set(model.mapping.labels):
        labels, needed = model.mapping.labels, set(model.mapping.labels)
    else:
        labels = model.original.labels
        needed = {member for members in model.mapping.unions.values() for member in members}
    if named and named <= set(labels) and (missing := needed - named):
        raise EmograinError(
            f"--label-column names {len(named)} of the {len(named | needed)} labels; texts would count as without the "
            f"others, such as {next(label for label in labels if label in missing)!r}",
            'predict these labels only: --mapping FILE, a table [labels] with a line such as joy = "joy" for each',
        )
