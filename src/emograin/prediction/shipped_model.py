"""The model that the package carries, with its card. How it was made: scripts/ship_model.py."""

import json
from pathlib import Path
from typing import Any

from ..common.errors import EmograinError

SHIPPED = Path(__file__).parent / "shipped"


def shipped_model() -> Path:
    """The folder of the shipped model, an exported one.

    Raises:
        EmograinError: This installation carries none.
    """
    if not (SHIPPED / "model.json").is_file():
        raise EmograinError("this installation carries no model", "--model RUN; train one: emograin train --help")
    return SHIPPED


def model_card() -> dict[str, Any]:
    """What the shipped model is: data, licences, recipe, figures with intervals, known weaknesses.

    Raises:
        EmograinError: This installation carries none.
    """
    return json.loads((shipped_model() / "card.json").read_text(encoding="utf-8"))
