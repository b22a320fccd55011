"""emograin similarity: Tables 1 and 3 of a corpus; needs no model and no torch."""

from json import dumps
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def similarity(
    *,
    data: str = "goemotions",
    auxiliary: Annotated[tuple[str, ...], Parameter(show_default=False)] = (),
    shuffles: int = 100,
    seed: int = 0,
    taxonomy: Path | None = None,
    text_column: str = "text",
    label_column: str = "labels",
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """How much the labels share with their groups, the auxiliary tasks: contingency tables and NMI (§3.2.3).

    Parameters
    ----------
    data
        goemotions, quickstart, a folder of train, dev and test files, or a file.
    auxiliary
        sentiment, ekman, or another grouping of the taxonomy; may be repeated. [default: all]
    shuffles
        How often the auxiliary labels are shuffled, to see what chance gives.
    seed
        Of the shuffles.
    taxonomy
        Labels of your own, a TOML file.
    text_column
        The column of texts in your own file.
    label_column
        The column of labels in your own file.
    json
        Print JSON instead of tables.
    """
    from ..analysis.task_similarity_tables import remarks, similarity_of, similarity_report
    from ..data.sources import load
    from ..data.taxonomy import Taxonomy

    corpus = load(data, Taxonomy.from_toml(taxonomy) if taxonomy else None, text_column, label_column)
    found = similarity_of(corpus, auxiliary, shuffles, seed)
    if json:
        print(dumps({**found, "remarks": remarks(found)}, indent=1, ensure_ascii=False))
    else:
        print(similarity_report(found))
