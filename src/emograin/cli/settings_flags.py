"""Flags from a settings class: its fields, defaults and `Attributes:` docstring are the one definition of each flag."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from cyclopts import Parameter
from docstring_parser import DocstringStyle, parse


class SettingsFlags:
    """The flags of a settings class. None stands for a flag that was not given."""

    def given(self) -> dict[str, Any]:
        """Return the values that were given, by the name of their setting."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # subclasses are dataclasses
        return {field.name: value for field in fields if (value := getattr(self, field.name)) is not None}


def flags_of(
    settings: type, omit: Collection[str] = (), names: Mapping[str, str | tuple[str, ...]] | None = None
) -> type[SettingsFlags]:
    """Create a dataclass of optional fields from a settings class, for cyclopts to flatten into flags.

    Args:
        settings: A dataclass with a Google-style `Attributes:` docstring.
        omit: Fields that are no flags.
        names: Field -> flag, or flag and its aliases, where the flag is not the field's name.

    Returns:
        A subclass of `SettingsFlags`; the help of each flag is its attribute's text, with the default.
    """
    texts = {
        each.arg_name: each.description or "" for each in parse(settings.__doc__ or "", DocstringStyle.GOOGLE).params
    }
    fields = []
    for field in dataclasses.fields(settings):
        if field.name in omit:
            continue
        shown = [] if field.default is None or field.default is False else [f"[default: {_text(field.default)}]"]
        text = " ".join([*texts[field.name].split(), *shown])
        negative = f"--no-{field.name.replace('_', '-')}" if field.default is True else ()
        flag = Parameter(name=(names or {}).get(field.name), help=text, negative=negative)
        optional = field.type | None  # type: ignore[operator]  # no annotation here is a string
        fields.append((field.name, Annotated[optional, flag], None))
    created = dataclasses.make_dataclass(f"{settings.__name__}Flags", fields, bases=(SettingsFlags,), frozen=True)
    created.__module__ = __name__  # cyclopts takes classes of the module `types` for builtins
    return Parameter(name="*")(created)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
