"""emograin data: the statistics of a corpus."""

from typing import Annotated

from cyclopts import Parameter

from ..common.json_text import to_json
from .corpus_flags import CorpusFlags


def data(
    source: str,
    *,
    columns: CorpusFlags | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Show the sizes and label counts of a corpus, and texts repeated within and across splits.

    Parameters
    ----------
    source
        goemotions, quickstart, a folder of train, dev and test files, or a file.
    json
        Print JSON instead of a table.
    """
    from ..data.statistics import corpus_statistics, statistics_table

    found = corpus_statistics((columns or CorpusFlags()).load(source))
    print(to_json(found, indent=1) if json else statistics_table(found))
