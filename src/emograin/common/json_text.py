"""JSON text that every parser reads: no NaN, no Infinity."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any


def to_json_value(value: Any) -> Any:
    """Convert a value that JSON cannot encode: NumPy arrays and numbers to Python's, others, such as dates, to strings.

    >>> import numpy as np
    >>> json.dumps({"scores": np.float32([0.5, 1])}, default=to_json_value)
    '{"scores": [0.5, 1.0]}'
    """
    return value.tolist() if hasattr(value, "tolist") else str(value)


def to_json(value: Any, indent: int | None = None, default: Callable[[Any], Any] = to_json_value) -> str:
    """Return a value as JSON; numbers that are not finite become null.

    Args:
        value: Value to encode.
        indent: Spaces per level; None: one line.
        default: Converts values that JSON cannot encode.

    >>> to_json({"f1": [0.5, float("nan")]})
    '{"f1": [0.5, null]}'
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=default)
    except ValueError:  # rare, so that only these values are searched
        return json.dumps(_finite(value, default), ensure_ascii=False, allow_nan=False, indent=indent)


def _finite(value: Any, default: Callable[[Any], Any]) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(each, default) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each, default) for each in value]
    return _finite(default(value), default)
