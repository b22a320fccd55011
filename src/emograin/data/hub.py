"""GoEmotions on the Hugging Face hub."""

from typing import Any

from ..common.optional import import_optional
from .corpus import CorpusUnavailable

REPOSITORY = "google-research-datasets/go_emotions"


def load_from_hub(configuration: str, split: str, hint: str) -> Any:
    """Load a split of GoEmotions from the network, or from the hub's cache.

    Args:
        configuration: "simplified" (labels that raters agree on), or "raw" (one row per rater and text).
        split: Name of the split on the hub.
        hint: Alternative without a network, for the error.

    Returns:
        A `datasets.Dataset`.

    Raises:
        CorpusUnavailable: Neither network nor cache has the data.
        EmograinError: The package `datasets` is not installed.
    """
    load_dataset = import_optional("datasets", "train").load_dataset
    try:
        return load_dataset(REPOSITORY, configuration, split=split)
    except Exception as error:  # errors of the hub, the network and the cache have no common class
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise CorpusUnavailable(f"cannot load GoEmotions from the Hugging Face hub: {reason}", hint) from error
