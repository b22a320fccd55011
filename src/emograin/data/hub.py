"""GoEmotions on the Hugging Face hub."""

from typing import Any

from ..common.errors import EmograinError
from ..common.optional import import_optional

REPOSITORY = "google-research-datasets/go_emotions"


def load_from_hub(configuration: str, split: str, hint: str) -> Any:
    """One split of GoEmotions as a `datasets.Dataset`, from the network or the hub's cache.

    Args:
        configuration: "simplified", the labels on which raters agree, or "raw", a row a rater.
        split: As the hub names it.
        hint: What to do without a network, for the message.

    Raises:
        EmograinError: The package `datasets` is not installed, or neither network nor cache has the data.
    """
    load_dataset = import_optional("datasets", "train").load_dataset
    try:
        return load_dataset(REPOSITORY, configuration, split=split)
    except Exception as error:  # the errors of the hub, the network and the cache share no class
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise EmograinError(f"cannot load GoEmotions from the Hugging Face hub: {reason}", hint) from error
