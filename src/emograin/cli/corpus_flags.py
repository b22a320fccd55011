"""Flags for reading a corpus of one's own, shared by commands."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..common.errors import EmograinError

if TYPE_CHECKING:  # the commands load it, `emograin --help` does not
    from ..data.corpus import Corpus

TEXT_COLUMN_NAMES = ("--text-column", "--column")  # in every command
TEXT_COLUMN = Parameter(name=TEXT_COLUMN_NAMES)
TextColumn = Annotated[str, TEXT_COLUMN]
DEFAULT_COLUMNS = {"text_column": "text", "label_column": "labels"}


def check_columns(source: str, **columns: str | None) -> None:
    """Check that columns are named for one's own files only: those of a corpus that is given by name are known.

    Args:
        source: Name, folder or file of the corpus.
        columns: Columns by the name of their flag.

    Raises:
        EmograinError: A column of a corpus given by name is not the default.
    """
    from ..data.sources import CORPORA

    for name, column in columns.items():
        if source in CORPORA and column not in (None, DEFAULT_COLUMNS[name]):
            raise EmograinError(
                f"--{name.replace('_', '-')} is for your own files, got {column!r} for the corpus {source!r}",
                "leave it out",
            )


@Parameter(name="*")
@dataclass(frozen=True)
class CorpusFlags:
    """How to read a corpus.

    Parameters
    ----------
    taxonomy
        TOML or JSON file with your own labels.
    text_column
        Column of the texts in your own file.
    label_column
        Column of the labels in your own file, or columns of 0 and 1, one per label, separated by commas. Without it,
        the columns with the names of all labels are taken.
    """

    taxonomy: Path | None = None
    text_column: TextColumn = DEFAULT_COLUMNS["text_column"]
    label_column: str = DEFAULT_COLUMNS["label_column"]

    def load(self, source: str) -> "Corpus":
        """Load a corpus by name, or from a folder or file.

        Raises:
            EmograinError: No such corpus, or one that cannot be read; or columns of a corpus that is given by name.
        """
        from ..data.sources import load
        from ..data.taxonomy import Taxonomy

        check_columns(source, text_column=self.text_column, label_column=self.label_column)

        taxonomy = Taxonomy.from_file(self.taxonomy) if self.taxonomy else None
        return load(source, taxonomy, self.text_column, self.label_column)
