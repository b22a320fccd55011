"""Type and range checks of settings."""

import dataclasses
from collections.abc import Callable
from types import NoneType
from typing import Any, get_args

from .errors import EmograinError


def checked_type(field: dataclasses.Field, value: Any) -> Any:
    """Return a value of the field's type; an int for a float field becomes a float.

    Args:
        field: Dataclass field with a class or a union of classes as its type.
        value: Value to check.

    Raises:
        EmograinError: The value is of another type.
    """
    types = get_args(field.type) or (field.type,)
    if float in types and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        expected = " | ".join("None" if each is NoneType else each.__name__ for each in types)
        raise EmograinError(f"{field.name} must be {expected}, got {value!r}")
    return value


def require(name: str, value: Any, holds: Callable[[Any], bool], must: str) -> None:
    """Check the condition on a value. None passes.

    Args:
        name: Name of the setting.
        value: Value to check.
        holds: Condition on the value.
        must: Text of the condition after "must", such as "be positive".

    Raises:
        EmograinError: The condition does not hold.
    """
    if value is not None and not holds(value):
        raise EmograinError(f"{name} must {must}, got {value}")
