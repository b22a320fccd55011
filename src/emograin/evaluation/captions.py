"""Runs, their settings and their texts in words, for captions and legends; from results only."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..common.errors import EmograinError

SETTINGS = {
    "encoder": "{}",
    "epochs": "{} epochs",
    "batch_size": "batch {}",
    "learning_rate": "learning rate {:g}",
    "ema_decay": "EMA decay {:g}",
    "seed": "seed {}",
}
REQUIRED = ("method", "auxiliary", *SETTINGS, "corpus", "split", "texts")


def describe_system(result: Mapping[str, Any]) -> str:
    """Name a run's method, with its auxiliary task and its candidates, if any.

    >>> describe_system({"method": "baseline", "auxiliary": "sentiment"})
    'baseline + sentiment'
    """
    mixing = result.get("mixing") or {}
    mixed = f"{describe_source(mixing)} at {mixing['weight']:g}" if "weight" in mixing else None
    return " + ".join(filter(None, [result["method"], result["auxiliary"], mixed]))


def describe_settings(result: Mapping[str, Any], keys: Sequence[str] = tuple(SETTINGS)) -> str:
    """List settings of a run's training in one line; an EMA decay of 0 is left out.

    >>> describe_settings({"encoder": "minilm", "epochs": 4, "ema_decay": 0.0}, ["encoder", "epochs", "ema_decay"])
    'minilm, 4 epochs'
    """
    shown = [key for key in keys if key != "ema_decay" or result[key]]
    return ", ".join(SETTINGS[key].format(result[key]) for key in shown)


def name_runs(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name each run for a legend: its system, and the settings in which runs of the same system differ.

    Raises:
        EmograinError: A result does not describe its run.

    >>> run = {"method": "baseline", "auxiliary": None, "encoder": "minilm", "epochs": 4, "batch_size": 16}
    >>> run |= {"learning_rate": 5e-5, "ema_decay": 0.0, "seed": 0}
    >>> run |= {"corpus": "goemotions", "split": "test", "texts": 5427}
    >>> name_runs([run, run | {"seed": 1}, run | {"method": "label-embedding"}])
    ['baseline, seed 0', 'baseline, seed 1', 'label-embedding']
    """
    for result in results:
        if missing := [key for key in REQUIRED if key not in result]:
            raise EmograinError(
                f"a result does not name its run's {', '.join(missing)}", "emograin evaluate RUN, again"
            )
    names = []
    for result in results:
        same_system = [other for other in results if describe_system(other) == describe_system(result)]
        differing = [key for key in SETTINGS if len({other[key] for other in same_system}) > 1]
        names.append(", ".join(filter(None, [describe_system(result), describe_settings(result, differing)])))
    return names


def describe_texts(result: Mapping[str, Any]) -> str:
    """Name the texts that a run was evaluated on.

    >>> describe_texts({"corpus": "goemotions", "split": "test", "texts": 5427})
    'goemotions, 5,427 test texts'
    """
    return f"{result['corpus']}, {result['texts']:,} {result['split']} texts"


def describe_source(mixing: Mapping[str, Any]) -> str:
    """Name the source of the candidates: its file, or else its name.

    >>> describe_source({"candidates": "paraphrase", "file": None})
    'paraphrase'
    """
    return mixing["file"] or mixing["candidates"]
