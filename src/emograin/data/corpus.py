"""Corpora: texts with multi-hot labels, from the hub, from a folder, or from a file of one's own.

A corpus loads each split when it is asked for, so what trains on `train` and `dev` never reads a label of `test`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.errors import unknown_name
from ..common.files import sha256_json
from .taxonomy import Taxonomy

SPLITS = {"train": ("train",), "dev": ("dev", "validation", "valid", "val"), "test": ("test",)}


@dataclass
class Split:
    """Texts and their labels.

    Args:
        name: Of which split.
        ids: One a text.
        texts: As they stand in the source.
        labels: Multi-hot, `(n, labels)` uint8, in the order of the corpus's taxonomy.
    """

    name: str
    ids: list[str]
    texts: list[str]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


class Corpus:
    """Named splits under one taxonomy, each loaded when it is first asked for.

    Args:
        name: What the corpus is called.
        taxonomy: The labels of its splits.
        loaders: Split name to what loads it.
    """

    def __init__(self, name: str, taxonomy: Taxonomy, loaders: Mapping[str, Callable[[], Split]]):
        self.name = name
        self.taxonomy = taxonomy
        self._loaders = dict(loaders)
        self._loaded: dict[str, Split] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The splits it has: train, dev and test in this order, then others."""
        return tuple([name for name in SPLITS if name in self._loaders] + [n for n in self._loaders if n not in SPLITS])

    def split(self, name: str) -> Split:
        """One split, or "all" of them one after another.

        Raises:
            EmograinError: There is no such split, or its source is not what it should be.
        """
        if name == "all":
            parts = [self.split(each) for each in self.names]
            return Split(
                name="all",
                ids=[each for part in parts for each in part.ids],
                texts=[each for part in parts for each in part.texts],
                labels=np.concatenate([part.labels for part in parts]),
            )
        if name not in self._loaders:
            raise unknown_name(f"split of corpus {self.name!r}", name, [*self.names, "all"])
        if name not in self._loaded:
            self._loaded[name] = self._loaders[name]()
        return self._loaded[name]


def same(text: str) -> str:
    """What two texts share when one counts as a repeat of the other: all but case and white space around them."""
    return text.strip().casefold()


def fingerprint(split: Split) -> str:
    """A sha256 of the texts and labels in order, which tells on which data a run was trained. Ids do not count."""
    digest = hashlib.sha256(str(split.labels.shape).encode())
    for text, labels in zip(split.texts, split.labels, strict=True):
        digest.update(json.dumps([text, np.flatnonzero(labels).tolist()]).encode())
    return digest.hexdigest()


def training_fingerprint(settings: Mapping[str, Any], splits: Sequence[str]) -> str:
    """A sha256 of a training: of its settings, and of the fingerprints of the splits that it reads."""
    return sha256_json([dict(settings), list(splits)])
