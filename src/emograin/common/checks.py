"""Checks of values against type annotations: settings, and the JSON files of runs and exported models.

One checker reads every annotation: classes, unions, lists, tuples, mappings, dataclasses, and `Annotated` with limits:

>>> checked(dict[str, list[Probability]], {"fixed": [0.3, 1]}, "thresholds")
{'fixed': [0.3, 1.0]}
>>> checked(dict[str, list[Probability]], {"fixed": [0.3, float("nan")]}, "thresholds")
Traceback (most recent call last):
emograin.common.errors.EmograinError: thresholds.fixed[1] must lie in [0, 1], got nan
"""

import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from .errors import EmograinError, unknown_name

SHOWN = 60  # characters of a wrong value in an error


@dataclasses.dataclass(frozen=True)
class Range:
    """Limits of a number, inclusive and finite.

    Args:
        low: Smallest value.
        high: Largest value.
    """

    low: float
    high: float = math.inf

    def check(self, name: str, value: Any) -> None:
        """Raise an error if a number is outside; NaN and infinity are."""
        must = f"be at least {self.low:g}" if self.high == math.inf else f"lie in [{self.low:g}, {self.high:g}]"
        require(name, value, lambda number: self.low <= number <= self.high and number != math.inf, must)


@dataclasses.dataclass(frozen=True)
class Length:
    """The number of values of a list."""

    length: int

    def check(self, name: str, value: Any) -> None:
        """Raise an error if a list is longer or shorter."""
        if len(value) != self.length:
            raise EmograinError(f"{name} must have {self.length} values, got {len(value)}")


Probability = Annotated[float, Range(0, 1)]
Natural = Annotated[int, Range(0)]
Positive = Annotated[int, Range(1)]


def checked(kind: Any, value: Any, name: str) -> Any:
    """Return a value in the form of its type: an int for a float becomes a float, a list for a tuple a tuple.

    Args:
        kind: A type annotation.
        value: Value to check.
        name: Name of the value, for the error.

    Raises:
        EmograinError: The value is of another type, or outside its limits.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin is Annotated:
        value = checked(arguments[0], value, name)
        for limit in arguments[1:]:
            limit.check(name, value)
        return value
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return from_values(kind, value, name)
    if origin in (list, tuple):
        if not isinstance(value, list | tuple):
            raise EmograinError(f"{name} must be a list, got {_shown(value)}")
        return origin(checked(arguments[0], each, f"{name}[{at}]") for at, each in enumerate(value))
    if origin in (dict, Mapping):
        if not isinstance(value, Mapping):
            raise EmograinError(f"{name} must be a table, got {_shown(value)}")
        return {
            checked(arguments[0], key, name): checked(arguments[1], it, f"{name}.{key}") for key, it in value.items()
        }
    types = arguments if origin in (Union, UnionType) else (kind,)
    if float in types and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise EmograinError(f"{name} is too large") from None
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        expected = " | ".join("None" if each is NoneType else each.__name__ for each in types)
        raise EmograinError(f"{name} must be {expected}, got {_shown(value)}")
    return value


def checked_type(field: dataclasses.Field, value: Any) -> Any:
    """Return a value of a dataclass field's type.

    Raises:
        EmograinError: The value is of another type.
    """
    return checked(field.type, value, field.name)


def from_values(kind: type, values: Any, name: str = "") -> Any:
    """Create a dataclass from the values of a table.

    Args:
        kind: The dataclass. Fields without a default are required.
        values: The table, such as a parsed JSON object.
        name: Name of the table in errors; by default it is the whole file.

    Raises:
        EmograinError: It is no table, a key is unknown or missing, or a value is of the wrong type or out of its range.
    """
    if not isinstance(values, Mapping):
        raise EmograinError(f"{name or 'the content'} must be a table, got {_shown(values)}")
    hints = get_type_hints(kind, include_extras=True)
    front = f"{name}." if name else ""
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for key in values:
        if key not in fields:
            raise unknown_name("key", f"{front}{key}"[:SHOWN], fields)
    for key, field in fields.items():
        default = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if default and key not in values:
            raise EmograinError(f"{front + key!r} is missing")
    return kind(**{key: checked(hints[key], value, front + key) for key, value in values.items()})


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        FileNotFoundError: The file does not exist; the caller adds a hint.
        EmograinError: The file cannot be read, or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error}") from None


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in the errors of the block."""
    try:
        yield
    except EmograinError as error:
        raise EmograinError(f"{str(path)!r}: {error}") from None


def require(name: str, value: Any, holds: Callable[[Any], bool], must: str, optional: bool = False) -> None:
    """Check the condition on a value.

    Args:
        name: Name of the setting.
        value: Value to check.
        holds: Condition on the value.
        must: Text of the condition after "must", such as "be positive".
        optional: Accept None.

    Raises:
        EmograinError: The condition does not hold.
    """
    if value is None and optional:
        return
    if value is None or not holds(value):
        raise EmograinError(f"{name} must {must}, got {value}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
