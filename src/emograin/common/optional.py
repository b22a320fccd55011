"""Imports of optional dependencies."""

from importlib import import_module
from types import ModuleType

from .errors import EmograinError


def import_optional(module: str, extra: str) -> ModuleType:
    """Import a module that only an extra installs.

    Args:
        module: Name of the module.
        extra: Extra of this project that installs it, for the error.

    Raises:
        EmograinError: The module is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name != module.partition(".")[0]:
            raise
        raise EmograinError(
            f"this needs {missing.name}, which is not installed", f"pip install 'emograin[{extra}]'"
        ) from None
