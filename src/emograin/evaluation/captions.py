"""What a picture is made of, in words: systems, their settings, texts, thresholds. All from the results themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..common.errors import EmograinError

POLICIES = {
    "fixed": "threshold 0.3",
    "global": "one threshold for all labels",
    "per-label": "a threshold a label",
}
SETTINGS = {
    "encoder": "{}",
    "epochs": "{} epochs",
    "batch_size": "batch {}",
    "learning_rate": "learning rate {:g}",
    "ema_decay": "weights averaged {:g}",
    "seed": "seed {}",
}
NEEDED = ("method", "auxiliary", *SETTINGS, "corpus", "split", "texts")
OPTIONAL = "ema_decay"  # 0 or, in older results, missing where there is none


def system(result: Mapping[str, Any]) -> str:
    """A run's method, with its auxiliary task and what it is mixed with, if any.

    >>> system({"method": "baseline", "auxiliary": "sentiment"})
    'baseline + sentiment'
    """
    mixing = result.get("mixing") or {}
    mixed = f"{mixing['file'] or mixing['candidates']} at {mixing['weight']:g}" if "weight" in mixing else None
    return " + ".join(filter(None, [result["method"], result["auxiliary"], mixed]))


def setting(result: Mapping[str, Any], keys: Sequence[str] = tuple(SETTINGS)) -> str:
    """How a run was trained: the settings of `keys` that say something, in one line.

    >>> setting({"encoder": "minilm", "epochs": 4, "ema_decay": 0.0}, ["encoder", "epochs", "ema_decay"])
    'minilm, 4 epochs'
    """
    said = [key for key in keys if key != OPTIONAL or result.get(key)]
    return ", ".join(SETTINGS[key].format(result[key]) for key in said)


def names(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to call each run in a legend: its system, and the settings in which runs of one system differ.

    Raises:
        EmograinError: A result does not say which run it is of.

    >>> run = {"method": "baseline", "auxiliary": None, "encoder": "minilm", "epochs": 4, "batch_size": 16}
    >>> run |= {"learning_rate": 5e-5, "ema_decay": 0.0, "seed": 0}
    >>> run |= {"corpus": "goemotions", "split": "test", "texts": 5427}
    >>> names([run, run | {"seed": 1}, run | {"method": "label-embedding"}])
    ['baseline, seed 0', 'baseline, seed 1', 'label-embedding']
    """
    for result in results:
        if missing := [key for key in NEEDED if key not in result and key != OPTIONAL]:
            raise EmograinError(f"a result does not say its run's {', '.join(missing)}", "emograin evaluate RUN, again")
    found = []
    for result in results:
        namesakes = [other for other in results if system(other) == system(result)]
        differing = [key for key in SETTINGS if len({other.get(key, 0) for other in namesakes}) > 1]
        found.append(", ".join(filter(None, [system(result), setting(result, differing)])))
    return found


def texts(result: Mapping[str, Any]) -> str:
    """On which texts a run was evaluated.

    >>> texts({"corpus": "goemotions", "split": "test", "texts": 5427})
    'goemotions, 5,427 test texts'
    """
    return f"{result['corpus']}, {result['texts']:,} {result['split']} texts"


def check_same_texts(results: Sequence[Mapping[str, Any]]) -> None:
    """Whether results can stand in one picture.

    Raises:
        EmograinError: They are of different texts.
    """
    for result in results[1:]:
        # Older results of dev have no fingerprint.
        known = "fingerprint" in result and "fingerprint" in results[0]
        if texts(result) != texts(results[0]) or (known and result["fingerprint"] != results[0]["fingerprint"]):
            raise EmograinError(
                f"runs must be evaluated on the same texts, got {texts(results[0])!r} and {texts(result)!r}",
                "with the same labels",
            )
