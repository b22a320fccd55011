"""emograin data: the statistics of a corpus."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.json_text import to_json
from .corpus_flags import CorpusFlags, check_columns

if TYPE_CHECKING:  # imported by the command, not by `emograin --help`
    from ..data.taxonomy import Taxonomy


def data(
    source: str,
    *,
    columns: CorpusFlags | None = None,
    write_taxonomy: Path | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Show the sizes and label counts of a corpus, and texts repeated within and across splits.

    Parameters
    ----------
    source
        goemotions, quickstart, a folder of train, dev and test files, a file, or a Hugging Face dataset: a folder of
        save_to_disk, or OWNER/NAME.
    write_taxonomy
        New .json or .toml file for the labels of the corpus: the names in its label column, or its columns of 0 and 1.
        For --taxonomy; taxonomy.json or taxonomy.toml beside the data is found without it.
    json
        Print JSON instead of a table.
    """
    from ..data.sources import load
    from ..data.statistics import corpus_statistics, statistics_table

    flags = columns or CorpusFlags()
    taxonomy = None if write_taxonomy is None else _make_taxonomy(source, flags, write_taxonomy)
    corpus = flags.load(source) if taxonomy is None else load(source, taxonomy, flags.text_column, flags.label_column)
    found = corpus_statistics(corpus)
    if taxonomy is not None and write_taxonomy is not None:
        taxonomy.write(write_taxonomy)  # last: the corpus can be read with it
        placeholders = f"; placeholders: {', '.join(taxonomy.placeholders)}" if taxonomy.placeholders else ""
        labels = f"{len(taxonomy.labels)} labels: {', '.join(taxonomy.labels)}"
        print(f"{write_taxonomy}: {labels}{placeholders}", file=sys.stderr)
    print(to_json(found, indent=1) if json else statistics_table(found))


def _make_taxonomy(source: str, flags: CorpusFlags, path: Path) -> "Taxonomy":
    """Make the taxonomy of a corpus, for a new file.

    Raises:
        EmograinError: A taxonomy is given as well, the file exists, or the corpus has no labels.
    """
    if flags.taxonomy is not None:
        raise EmograinError("--write-taxonomy makes a taxonomy from the corpus, got also --taxonomy")
    if path.exists():
        raise EmograinError(f"{str(path)!r} already exists", "remove it, or name another file")
    from ..data.corpus_taxonomy import make_taxonomy
    from ..data.sources import CORPORA, load

    check_columns(source, text_column=flags.text_column, label_column=flags.label_column)
    known = source in CORPORA
    return load(source).taxonomy if known else make_taxonomy(source, flags.text_column, flags.label_column)
