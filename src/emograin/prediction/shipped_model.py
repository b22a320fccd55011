"""The bundled model and its card. scripts/ship_model.py makes them."""

import json
from pathlib import Path
from typing import Any

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
        The card; None if the folder has none.
    """
    path = folder / CARD
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
