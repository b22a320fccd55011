"""What wrote the outputs in a folder, so that --resume skips those of the same model and options only.

OUTPUT/.emograin.json
  options   the model and the options that outputs depend on
  earlier   outputs that were there before, with their time and size: those that still have them are not resumed
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..common.checks import read_json
from ..common.errors import EmograinError
from ..common.files import write_text
from ..common.json_text import to_json
from .resumable_output import require_same

NAME = ".emograin.json"


def begin_outputs(output: Path, options: Mapping[str, Any]) -> None:
    """Describe the outputs that will be written to a folder. Those that are there already may be of another model.

    Args:
        output: The folder. The caller holds its lock.
        options: What outputs depend on, besides their input.

    Raises:
        EmograinError: The file cannot be written.
    """
    earlier = {}
    for path in sorted(output.rglob("*")):
        name = path.relative_to(output)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            earlier[name.as_posix()] = _identity(path)
    write_text(output / NAME, to_json({"options": options, "earlier": earlier}, indent=1) + "\n")


def find_finished(output: Path, targets: Sequence[Path], options: Mapping[str, Any]) -> set[Path]:
    """Return the outputs that are complete and were written with these options; begin if there are no outputs at all.

    Args:
        output: The folder. The caller holds its lock.
        targets: The outputs.
        options: What outputs depend on, besides their input.

    Raises:
        EmograinError: The outputs were written with other options, or nothing says with which.
    """
    existing = [target for target in targets if target.exists()]
    if not existing:
        begin_outputs(output, options)
        return set()
    try:
        described = read_json(output / NAME)
        before, earlier = described["options"], described["earlier"]
    except (FileNotFoundError, EmograinError, KeyError, TypeError):
        message = f"nothing says which model wrote the files in {output}: {NAME!r} is missing or damaged"
        raise EmograinError(message, "start without --resume") from None
    require_same(f"the files in {output} were", before, options)
    return {each for each in existing if earlier.get(each.relative_to(output).as_posix()) != _identity(each)}


def _identity(path: Path) -> list[int]:
    """Return what changes when another file takes the name."""
    found = path.stat()
    return [found.st_mtime_ns, found.st_size]
