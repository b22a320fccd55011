"""Take texts from lists and from columns of pandas, Polars, Arrow and NumPy. None of these packages is imported."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ..common.errors import EmograinError, shortened
from ..data.text import LONE_SURROGATE

MISSING = ("NAType", "NaTType")  # names of the types of pandas.NA and pandas.NaT


def list_texts(texts: Any) -> list[Any]:
    """Return texts as a list of Python values.

    Args:
        texts: Any iterable, also a Series of pandas or Polars, an Array or ChunkedArray of Arrow, or a NumPy array.

    Raises:
        EmograinError: It is one string, a table or a mapping (iterating over them would give the names of columns), an
            array of several columns, or not iterable.
    """
    kind = type(texts)
    if isinstance(texts, str | bytes):
        raise EmograinError("expected a list of texts, got one string", "predict([text])")
    # pandas, Polars and Arrow tables, and data sets; recognised without importing these packages.
    columns = next((list(getattr(texts, name)) for name in ("column_names", "columns") if hasattr(kind, name)), None)
    columns = list(texts) if columns is None and isinstance(texts, Mapping) else columns
    if columns is not None:
        names = shortened(", ".join(map(str, columns)))
        raise EmograinError(
            f"expected a list of texts, got a {kind.__name__} with the columns {names}",
            f"pass one of them, such as model.predict(data[{str(columns[0] if columns else 'text')!r}])",
        )
    if not isinstance(texts, Iterable) and not hasattr(kind, "__getitem__"):
        raise EmograinError(f"expected a list of texts, got {kind.__name__}", "predict([text])")
    shape = getattr(texts, "shape", None)
    if isinstance(shape, tuple) and len(shape) != 1:
        raise EmograinError(f"expected one column of texts, got an array of shape {shape}", "predict(array[:, 0])")
    # Iterating over Arrow gives its own scalars.
    return _arrow_list(texts) if hasattr(kind, "to_pylist") else list(texts)


def pandas_index(texts: Any) -> Any:
    """Return the index of a Series of pandas, or None."""
    pandas = sys.modules.get("pandas")  # whoever has a Series has imported it
    return texts.index if pandas is not None and isinstance(texts, pandas.Series) else None


def find_problem(text: Any) -> str | None:
    """Return the reason why a value cannot be predicted, or None.

    >>> find_problem("so glad"), find_problem(" "), find_problem(float("nan"))
    (None, 'the text is empty', 'the text is missing: it must be a string, got nan')
    """
    if not isinstance(text, str):
        if text is None or type(text).__name__ in MISSING or (isinstance(text, float) and text != text):
            return f"the text is missing: it must be a string, got {text}"
        return f"the text must be a string, got {type(text).__name__}"
    if not text.isascii() and LONE_SURROGATE.search(text):
        return "the text is not valid Unicode: it has half of a surrogate pair"
    return None if text.strip() else "the text is empty"


def _arrow_list(column: Any) -> list[Any]:
    """Convert an Arrow column to Python values. A value that is not valid UTF-8 becomes bytes, which are no text."""
    try:
        return column.to_pylist()
    except UnicodeDecodeError:
        return [_python_value(value) for value in column]


def _python_value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.as_buffer().to_pybytes().decode("utf-8", "surrogateescape")
