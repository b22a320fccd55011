"""emograin: fine-grained emotion classification.

>>> import emograin
>>> model = emograin.load()  # the model that the package carries, a run folder, or an exported model
>>> predictions = model.predict(["I love you", "lol that was hilarious"])
>>> predictions[0].labels, predictions[1].labels, predictions.scores.shape
(('love',), ('amusement',), (2, 28))

Importing costs nothing: every name is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import Training as Training
    from .data import load as load_corpus  # noqa: F401
    from .errors import EmograinError as EmograinError
    from .labels import GOEMOTIONS as GOEMOTIONS
    from .labels import Taxonomy as Taxonomy
    from .prediction import load as load
    from .run_folder import RunFolder as RunFolder
    from .training import train as train

__version__ = "0.1.0"

_NAMES = {
    "EmograinError": ("errors", "EmograinError"),
    "GOEMOTIONS": ("labels", "GOEMOTIONS"),
    "RunFolder": ("run_folder", "RunFolder"),
    "Taxonomy": ("labels", "Taxonomy"),
    "Training": ("config", "Training"),
    "load": ("prediction", "load"),
    "load_corpus": ("data", "load"),
    "train": ("training", "train"),
}

__all__ = ["__version__", *_NAMES]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'emograin' has no attribute {name!r}")
    module, attribute = _NAMES[name]
    value = getattr(import_module(f".{module}", __name__), attribute)
    globals()[name] = value
    return value
