"""Claims of the paper, and the archived results that they are checked against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..evaluation.comparison import Comparison
from ..evaluation.significance import Difference
from .results_archive import MissingResult, ResultsArchive

TABLE, FIGURES, SIMILARITY = "emograin reproduce table-2", "emograin reproduce figures", "emograin similarity"
SWEEP = "emograin mix RUN --candidates NAME --sweep"

Curve = Sequence[Mapping[str, float | None]]


@dataclass(frozen=True)
class Claim:
    """A claim of the paper compared with our measurement.

    Attributes:
        section: Section of the paper.
        claim: The claim in words.
        paper: The paper's value.
        ours: Our value.
        interval: 95 % interval of our value; empty without one.
        holds: yes, no, or not shown, see `verdicts`.
        command: Command that reproduces our value.
        in_paper: Whether the paper makes the claim; if not, it is one of ours, in its spirit.
    """

    section: str
    claim: str
    paper: str
    ours: str
    interval: str
    holds: str
    command: str = TABLE
    in_paper: bool = True


@dataclass(frozen=True)
class Evidence:
    """The results that claims are checked against.

    Attributes:
        comparison: The archived rows of Table 2.
        curves: Row -> seed -> `curve.csv` of its run.
        weights: Row -> its mixing weights on dev, compared over its seeds.
        similarity: Table 3, or None.
        attention: Row -> attention to and from the slots of each run, see `analysis.attention_flow`, if archived.
        titles: Row -> its title, for the rows that claims name.
        mixings: Row -> `mixing` of its results by seed, for the rows with mixing.
    """

    comparison: Comparison[str]
    curves: Mapping[str, Mapping[int, Curve]]
    weights: Mapping[str, Comparison[float]]
    similarity: Mapping[str, Any] | None
    attention: Mapping[str, Sequence[Mapping[str, Any]]]
    titles: Mapping[str, str]
    mixings: Mapping[str, Sequence[Mapping[str, Any]]]


def show_interval(difference: Difference, form: str = "+.3f") -> str:
    """Format the 95 % interval of a difference."""
    return f"{difference.low:{form}} to {difference.high:{form}}"


def collect_evidence(archive: ResultsArchive) -> Evidence:
    """Collect what claims are checked against; what is not archived is left out.

    Raises:
        EmograinError: The archive has no rows, or a file is missing or damaged.
    """
    curves, weights, mixings = {}, {}, {}
    for name, system in archive.systems.items():
        if system.mixing is None:
            curves[name] = dict(zip(archive.seeds(name), archive.curves(name), strict=True))
            continue
        mixings[name] = [result["mixing"] for result in system.results]
        if compared := archive.compare_weights(name):
            weights[name] = compared
    try:
        similarity = archive.read_json("task_similarity.json")
    except MissingResult:
        similarity = None
    titles = {name: f"{system.title}, {system.row.epochs} epochs" for name, system in archive.systems.items()}
    flows = archive.attention_flows()
    return Evidence(archive.comparison, curves, weights, similarity, flows, titles, mixings)
