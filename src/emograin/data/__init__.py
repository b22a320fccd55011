"""Data (§4.1): label taxonomies, corpora and their sources, tabular files, words, batches.

Tokenization and encoders belong in `models`, metrics and significance tests in `evaluation`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .corpus import Corpus as Corpus
    from .corpus import Split as Split
    from .sources import load as load

_NAMES = {"Corpus": "corpus", "Split": "corpus", "load": "sources"}  # loaded when used: they import numpy

__all__ = [*_NAMES]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'emograin.data' has no attribute {name!r}")
    return getattr(import_module(f".{_NAMES[name]}", __name__), name)
