"""Flags for reading a corpus of one's own, shared by commands."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import Parameter

if TYPE_CHECKING:  # the commands load it, `emograin --help` does not
    from ..data.corpus import Corpus


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
    text_column: str = "text"
    label_column: str = "labels"

    def load(self, source: str) -> "Corpus":
        """Load a corpus by name, or from a folder or file.

        Raises:
            EmograinError: No such corpus, or one that cannot be read.
        """
        from ..data.sources import load
        from ..data.taxonomy import Taxonomy

        taxonomy = Taxonomy.from_file(self.taxonomy) if self.taxonomy else None
        return load(source, taxonomy, self.text_column, self.label_column)
