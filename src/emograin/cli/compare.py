"""emograin compare: differences between runs, with intervals and p values, from saved scores; needs no model."""

from typing import Annotated

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.json_text import to_json
from ..common.seeds import check_seed
from ..evaluation.policies import Policy


def compare(
    *runs: str,
    split: str = "test",
    thresholds: Policy = "global",
    resamples: int = 10_000,
    seed: int = 0,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Compare runs: differences in macro F1 with confidence intervals and p values, paired by text.

    Parameters
    ----------
    runs
        Run folders, or folders of results/. RUN:NAME selects the evaluation NAME. RUN,RUN,... are several seeds of one
        system: the spread between seeds counts as well, in the interval and its p; the p of randomisation is over the
        seeds that both systems have.
    split
        Evaluation of the runs without a NAME.
    thresholds
        Threshold policy: fixed (0.3), or chosen on dev: global or per-label.
    resamples
        Number of bootstrap resamples.
    seed
        Seed of the resampling.
    json
        Print JSON instead of tables.
    """
    if resamples < 100:
        raise EmograinError(f"resamples must be at least 100, got {resamples}")
    check_seed(seed)
    from ..evaluation.comparison import compare_systems
    from ..evaluation.results import read_evaluated
    from ..evaluation.tables import comparison_tables

    systems = [[read_evaluated(each, split, thresholds) for each in run.split(",") if each] for run in runs]
    comparison = {"evaluation": split, "policy": thresholds, **compare_systems(systems, resamples, seed)}
    print(to_json(comparison, indent=1) if json else comparison_tables(comparison))
