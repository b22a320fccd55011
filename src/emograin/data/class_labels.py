"""Names of labels in the features of Hugging Face datasets: `ClassLabel` and sequences of it.

Features are JSON: `{"labels": {"feature": {"names": ["joy", ...], "_type": "ClassLabel"}, "_type": "List"}}`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.optional import import_optional


def class_names(feature: Any) -> list[str] | None:
    """Return the names of a feature's classes, in the order of their indices; None if it has none.

    >>> class_names({"feature": {"names": ["joy", "fear"], "_type": "ClassLabel"}, "_type": "Sequence"})
    ['joy', 'fear']
    """
    if isinstance(feature, list):  # an older form of sequences
        return class_names(feature[0]) if len(feature) == 1 else None
    if not isinstance(feature, Mapping):
        return None
    if feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list):
        return [str(name) for name in feature["names"]]
    return class_names(feature.get("feature"))


def parquet_class_names(path: Path, column: str) -> list[str] | None:
    """Return the names of the classes in a column of a Parquet file that `datasets` wrote; None without them.

    Raises:
        EmograinError: pyarrow is not installed.
    """
    parquet = import_optional("pyarrow.parquet", "parquet")
    arrow = import_optional("pyarrow", "parquet")
    try:
        metadata = parquet.read_schema(path).metadata or {}
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return class_names(features.get(column))
    except (OSError, arrow.ArrowException, ValueError, KeyError, TypeError, AttributeError):
        return None  # not written by `datasets`; a file that cannot be read is an error of its reader
