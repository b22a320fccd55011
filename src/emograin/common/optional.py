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
    return _import(module, f"'emograin[{extra}]'")


def import_package(package: str) -> ModuleType:
    """Import a package that no extra installs, because only those who use it already need it.

    Args:
        package: Name of the package, as in `pip install`.

    Raises:
        EmograinError: The package is not installed.
    """
    return _import(package, package)


def _import(module: str, requirement: str) -> ModuleType:
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name != module.partition(".")[0]:
            raise
        raise EmograinError(
            f"this needs {missing.name}, which is not installed", f"pip install {requirement}"
        ) from None
