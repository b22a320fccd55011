"""Systems of a figure: runs that differ only in the seed are one."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from ...evaluation.captions import SETTINGS, describe_settings, describe_system

SHARED = tuple(key for key in SETTINGS if key != "seed")


def group_by_system(results: Sequence[Mapping[str, Any]], also: Sequence[Hashable] = ()) -> list[list[int]]:
    """Group the runs that differ only in the seed.

    Args:
        results: Evaluation of each run.
        also: What else the runs of a system must share, one value per run; nothing by default.

    Returns:
        Indices of the runs of each system, in the order of its first run.

    >>> run = {"method": "baseline", "auxiliary": None, "encoder": "minilm", "epochs": 4, "batch_size": 16}
    >>> run |= {"learning_rate": 5e-5, "ema_decay": 0.0, "seed": 0}
    >>> group_by_system([run, run | {"epochs": 2}, run | {"seed": 1}])
    [[0, 2], [1]]
    """
    groups: dict[tuple[Hashable, ...], list[int]] = {}
    for at, result in enumerate(results):
        more = also[at] if also else None
        groups.setdefault((describe_system(result), *(result[key] for key in SHARED), more), []).append(at)
    return list(groups.values())


def describe_seeds(results: Sequence[Mapping[str, Any]]) -> str:
    """Describe the settings that the runs of a system share, and their seeds.

    >>> run = {"method": "baseline", "auxiliary": None, "encoder": "minilm", "epochs": 4, "batch_size": 16}
    >>> run |= {"learning_rate": 5e-5, "ema_decay": 0.0, "seed": 0}
    >>> describe_seeds([run, run | {"seed": 1}])
    'minilm, 4 epochs, batch 16, learning rate 5e-05; mean and range of seeds 0, 1'
    """
    seeds = ", ".join(str(result["seed"]) for result in results)
    shown = f"seed {seeds}" if len(results) == 1 else f"mean and range of seeds {seeds}"
    return f"{describe_settings(results[0], SHARED)}; {shown}"
