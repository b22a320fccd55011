"""Checks of settings: types and ranges."""

import dataclasses
from types import NoneType
from typing import Any, get_args

from .errors import EmograinError


def checked_type(field: dataclasses.Field, value: Any) -> Any:
    """`value`, an int made a float where a float is meant; an error where the type is another."""
    kinds = get_args(field.type) or (field.type,)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        expected = " | ".join("None" if kind is NoneType else kind.__name__ for kind in kinds)
        raise EmograinError(f"{field.name} must be {expected}, got {value!r}")
    return value


def require(name: str, value: Any, holds: Any, must: str) -> None:
    if value is not None and not holds(value):
        raise EmograinError(f"{name} must {must}, got {value}")
