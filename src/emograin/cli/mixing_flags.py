"""Flags of mixing (§3.4), shared by emograin mix and emograin evaluate."""

from typing import TYPE_CHECKING

from ..common.errors import EmograinError
from ..mixing.config import PAPER_MIXING_WEIGHT, Mixing
from .mode_flags import reject_flags
from .settings_flags import SettingsFlags, flags_of

FLAGS = {
    "file": "--candidates-file",
    "model": "--candidates-model",
    "encoder": "--similarity-encoder",
    "layer": "--similarity-layer",
}

# Source of candidates -> settings that it reads, besides those of any source; other sources may read all of them
USED = {
    "nearest-training-sentence": {"top", "similarity", "without_duplicates", "encoder", "layer"},
    "paraphrase": {"top", "model", "beams"},
    "back-translation": {"top", "model", "beams"},
    "file": {"top", "file"},
    "self": {"top"},
}
OF_ANY = {"candidates", "mix", "temperature"}

if TYPE_CHECKING:
    MixingFlags = SettingsFlags
else:
    MixingFlags = flags_of(Mixing, names=FLAGS)


def mixing_settings(flags: SettingsFlags | None, weight: float | None) -> tuple[Mixing, float]:
    """Return the settings of mixing and the weight of the document.

    Raises:
        EmograinError: A value is out of range, or the source of the candidates would ignore a flag.
    """
    given = flags.given() if flags else {}
    source = given.get("candidates", Mixing.candidates)
    if source in USED:
        names = {FLAGS.get(name, name).removeprefix("--"): name for name in given}
        unused = {flag: name not in USED[source] | OF_ANY for flag, name in names.items()}
        reject_flags(f"other candidates than {source}", **unused)
    reject_flags("--mix labels", temperature="temperature" in given and given.get("mix") != "labels")
    return Mixing(**given), PAPER_MIXING_WEIGHT if weight is None else weight


def mixing_if_given(flags: SettingsFlags | None, weight: float | None) -> tuple[Mixing, float] | None:
    """Return the settings of mixing and the weight of the document, or None where no candidates are named.

    Raises:
        EmograinError: Other flags of mixing are given without --candidates, or a value is out of range.
    """
    given = flags.given() if flags else {}
    if not given and weight is None:
        return None
    if "candidates" not in given:
        raise EmograinError("mixing needs candidates", "--candidates NAME, for example paraphrase")
    return mixing_settings(flags, weight)
