"""emograin similarity: Tables 1 and 3 for a corpus. Needs scipy, but no model and no torch."""

from typing import Annotated

from cyclopts import Parameter

from ..common.json_text import to_json
from ..common.optional import import_optional
from .corpus_flags import CorpusFlags


def similarity(
    *,
    data: str = "goemotions",
    auxiliary: Annotated[tuple[str, ...], Parameter(show_default=False)] = (),
    shuffles: int = 100,
    seed: int = 0,
    columns: CorpusFlags | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Show how much labels share with their groups, the auxiliary tasks: contingency tables and NMI (§3.2.3).

    Parameters
    ----------
    data
        goemotions, quickstart, a folder of train, dev and test files, or a file.
    auxiliary
        Auxiliary task: sentiment, ekman, or another grouping of the taxonomy; may be repeated. [default: all]
    shuffles
        Number of shuffles of the auxiliary labels, which show the NMI due to chance.
    seed
        Seed of the shuffles.
    json
        Print JSON instead of tables.
    """
    import_optional("scipy", "train")
    from ..analysis.task_similarity_tables import format_report, measure_similarity, remarks

    corpus = (columns or CorpusFlags()).load(data)
    found = measure_similarity(corpus, auxiliary, shuffles, seed)
    if json:
        print(to_json({**found, "remarks": remarks(found)}, indent=1))
    else:
        print(format_report(found))
