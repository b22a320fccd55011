"""The bundled model and its card. scripts/ship_model.py makes them."""

import json
from pathlib import Path
from typing import Any

from ..common.checks import read_json
from ..common.errors import EmograinError
from ..models.config import BUNDLED

SHIPPED = Path(__file__).parent / "shipped"
CARD = "card.json"


def shipped_model() -> Path:
    """Return the folder of the bundled model, an exported one.

    Raises:
        EmograinError: This installation has no bundled model.
    """
    if not (SHIPPED / "model.json").is_file():
        raise EmograinError("this installation has no bundled model", "--model RUN; train one: emograin train --help")
    return SHIPPED


def named_model(name: str | Path) -> Path:
    """Return the folder of a model, or that of the bundled one by its name `bundled`, if no folder is called so.

    Raises:
        EmograinError: This installation has no bundled model.
    """
    return shipped_model() if str(name) == BUNDLED and not Path(name).exists() else Path(name)


def read_model_card(folder: Path) -> dict[str, Any] | None:
    """Read a model's card: data, licences, recipe, metrics with intervals, known weaknesses.

    Args:
        folder: Folder of the model.

    Returns:
        The card, fit for JSON; None if the folder has none.

    Raises:
        EmograinError: The card is damaged.
    """
    path = folder / CARD
    if not path.is_file():
        return None
    card = read_json(path)
    try:
        if not isinstance(card, dict):
            raise ValueError(f"expected an object, got {type(card).__name__}")
        json.dumps(card, allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error}") from None
    return card
