"""Texts with multi-hot labels, in splits, and fingerprints of them."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ..common.errors import EmograinError
from ..common.files import sha256_json
from .taxonomy import Taxonomy

WITHOUT_LABELS = "is it the right column? --label-column NAME"
USE_ALL = "evaluate, calibrate and attend read all texts with --split all"
SPLITS = {"train": ("train",), "dev": ("dev", "validation", "valid", "val"), "test": ("test",)}  # name: accepted names


class CorpusUnavailable(EmograinError):
    """The error for a corpus that is not on this machine, and that no hub gave."""


@dataclass
class Split:
    """The texts of a split, with their labels.

    Args:
        name: Name of the split, a key of `SPLITS`, or "all".
        ids: Id of each text.
        texts: Texts, unchanged from the source.
        labels: Multi-hot labels, (texts, labels) uint8, in the order of the corpus's taxonomy.
    """

    name: str
    ids: list[str]
    texts: list[str]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


class Corpus:
    """Named splits under one taxonomy. Each split is loaded on first use, so training never reads the labels of `test`.

    Args:
        name: Name of the corpus.
        taxonomy: Labels of all splits.
        loaders: Function that loads the split, by name.
    """

    def __init__(self, name: str, taxonomy: Taxonomy, loaders: Mapping[str, Callable[[], Split]]):
        self.name = name
        self.taxonomy = taxonomy
        self._loaders = dict(loaders)
        self._loaded: dict[str, Split] = {}

    @property
    def split_names(self) -> tuple[str, ...]:
        """The names of the splits: train, dev and test first, in this order."""
        standard = [name for name in SPLITS if name in self._loaders]
        return tuple(standard + [name for name in self._loaders if name not in SPLITS])

    def split(self, name: str) -> Split:
        """Load a split.

        Args:
            name: Name of the split, or "all" for the concatenation of all splits.

        Raises:
            EmograinError: The corpus has no such split, its source is invalid, or none of the texts has a label.
        """
        if name == "all":
            splits = list(self.splits().values())
            return Split(
                name="all",
                ids=[each for split in splits for each in split.ids],
                texts=[each for split in splits for each in split.texts],
                labels=np.concatenate([split.labels for split in splits]),
            )
        split = self._load(name)
        if len(split) and not split.labels.any():
            raise EmograinError(f"no text of split {name!r} of corpus {self.name!r} has a label", WITHOUT_LABELS)
        return split

    def splits(self, names: Sequence[str] | None = None) -> dict[str, Split]:
        """Load several splits, by name. Some of them may be without a label.

        Args:
            names: Names of splits; None: all.

        Raises:
            EmograinError: There is no such split, its source is invalid, or no text of all of them has a label.
        """
        splits = {name: self._load(name) for name in (self.split_names if names is None else names)}
        if any(len(split) for split in splits.values()) and not any(split.labels.any() for split in splits.values()):
            raise EmograinError(f"no text of corpus {self.name!r} has a label", WITHOUT_LABELS)
        return splits

    def only(self, names: Sequence[str]) -> "Corpus":
        """Return a corpus of some of the splits."""
        return Corpus(self.name, self.taxonomy, {name: partial(self._load, name) for name in names})

    def relabelled(self, taxonomy: Taxonomy, change: Callable[[np.ndarray], np.ndarray]) -> "Corpus":
        """Return the corpus in other labels.

        Args:
            taxonomy: The other labels.
            change: Function of multi-hot labels, (texts, labels) -> (texts, other labels), uint8.
        """

        def load(name: str) -> Split:
            split = self._load(name)
            return replace(split, labels=change(split.labels))

        return Corpus(self.name, taxonomy, {name: partial(load, name) for name in self.split_names})

    def _load(self, name: str) -> Split:
        if name not in self._loaders:
            raise EmograinError(
                f"corpus {self.name!r} has no split {name!r}, it has {', '.join(self.split_names)}", USE_ALL
            )
        if name not in self._loaded:
            self._loaded[name] = self._loaders[name]()
        return self._loaded[name]


def fingerprint(split: Split) -> str:
    """Return the SHA-256 of the texts and labels of a split, in order. Ids do not count."""
    digest = hashlib.sha256(str(split.labels.shape).encode())
    for text, labels in zip(split.texts, split.labels, strict=True):
        digest.update(json.dumps([text, np.flatnonzero(labels).tolist()]).encode())
    return digest.hexdigest()


def training_fingerprint(settings: Mapping[str, Any], splits: Sequence[str]) -> str:
    """Return the SHA-256 that identifies a training.

    Args:
        settings: Settings of the training.
        splits: Fingerprint of each split that the training reads.
    """
    return sha256_json([dict(settings), list(splits)])
