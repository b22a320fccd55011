"""emograin: fine-grained emotion classification.

>>> import emograin
>>> model = emograin.load()  # the bundled model; or pass a run folder or an exported model
>>> predictions = model.predict(["I love you", "lol that was hilarious"])
>>> predictions[0].labels, predictions[1].labels, predictions.scores.shape
(('love',), ('amusement',), (2, 28))

Names are imported on first use, so importing the package is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .common.errors import EmograinError as EmograinError
    from .data.sources import load as load_corpus  # noqa: F401
    from .data.taxonomy import GOEMOTIONS as GOEMOTIONS
    from .data.taxonomy import Taxonomy as Taxonomy
    from .models.config import Training as Training
    from .models.run_folder import RunFolder as RunFolder
    from .prediction.predictor import load as load
    from .training.loop import train as train

__version__ = "0.1.0"

_NAMES = {
    "EmograinError": ("common.errors", "EmograinError"),
    "GOEMOTIONS": ("data.taxonomy", "GOEMOTIONS"),
    "RunFolder": ("models.run_folder", "RunFolder"),
    "Taxonomy": ("data.taxonomy", "Taxonomy"),
    "Training": ("models.config", "Training"),
    "load": ("prediction.predictor", "load"),
    "load_corpus": ("data.sources", "load"),
    "train": ("training.loop", "train"),
}

__all__ = ["__version__", *_NAMES]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'emograin' has no attribute {name!r}")
    module, attribute = _NAMES[name]
    value = getattr(import_module(f".{module}", __name__), attribute)
    globals()[name] = value
    return value
