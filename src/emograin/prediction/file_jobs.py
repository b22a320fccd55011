"""The files of `emograin predict`: the tables in folders, and the names of their outputs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import EmograinError
from ..common.files import resolved
from ..common.outputs import require_apart, require_not_inputs
from ..data.tabular.formats import SUFFIXES, infer_format, is_compressed
from ..data.tabular.writer import WRITERS


@dataclass(frozen=True, slots=True)
class FileJob:
    """A file to predict.

    Attributes:
        source: Input file.
        target: Output file.
    """

    source: Path
    target: Path


def find_jobs(inputs: Sequence[Path], output: Path, format: str | None = None) -> list[FileJob]:
    """Find the tables in folders, at any depth, and pair each with its output file.

    In folders, hidden files and files of other formats are skipped.

    Args:
        inputs: Folders and files.
        output: Output folder.
        format: Output format; None: the input's own, JSONL for txt.

    Raises:
        EmograinError: An input does not exist or holds no table, two inputs have the same output, an output is one
            of the inputs, or the output folder is inside an input folder or holds it, or is a file or named as one.
    """
    if format is not None and format not in WRITERS:
        raise EmograinError(f"files are written as {', '.join(WRITERS)}, got --format {format}")
    if output.exists() and not output.is_dir():
        raise EmograinError(f"several files need an output folder, got the file {str(output)!r}", "--output FOLDER")
    if not output.exists() and _is_table(output):
        raise EmograinError(
            f"several files and --engine need an output folder, got the file name {str(output)!r}", "--output FOLDER"
        )
    sources: dict[Path, Path] = {}
    for given in inputs:
        if not given.exists():
            raise EmograinError(f"no such file or folder: {str(given)!r}")
        if given.is_dir():
            require_apart(output, given)
        for name in _tables(given) if given.is_dir() else [given.name]:
            source = given / name if given.is_dir() else given
            target = output / _output_name(Path(name), format)
            if target in sources:
                raise EmograinError(f"{str(sources[target])!r} and {str(source)!r} would both be written to {target}")
            sources[target] = source
    if not sources:
        raise EmograinError(f"no tables in {', '.join(map(str, inputs))}", f"expected files of {', '.join(SUFFIXES)}")
    require_not_inputs(sources, sources.values())
    return [FileJob(source, target) for target, source in sources.items()]


def _tables(folder: Path) -> list[Path]:
    """Return the names of the tables in a folder and its subfolders, relative to it and sorted.

    Links to folders are followed, but not to one that is being read: they would lead in a circle.

    Raises:
        EmograinError: A subfolder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise EmograinError(f"cannot read the folder {str(error.filename)!r}: {error.strerror}") from error

    found = list[Path]()
    above = {folder: {resolved(folder)}}  # folder -> it and the folders that led to it, without links
    for name, folders, files in os.walk(folder, onerror=fail, followlinks=True):
        parent = Path(name)
        led = above.pop(parent)
        inside = {each: resolved(parent / each) for each in folders if not each.startswith(".")}
        folders[:] = [each for each, path in inside.items() if path not in led]
        above.update({parent / each: led | {inside[each]} for each in folders})
        paths = [parent / each for each in files if not each.startswith(".")]
        found += [path.relative_to(folder) for path in paths if path.is_file() and _is_table(path)]
    return sorted(found)


def _is_table(name: Path) -> bool:
    try:
        return bool(infer_format(name))
    except EmograinError:
        return False


def _output_name(name: Path, format: str | None) -> Path:
    """Return the name of an input's output, with the extension of its format."""
    own = infer_format(name)
    format = format or (own if own in WRITERS else "jsonl")
    if format == own:
        return name
    return (name.with_suffix("") if is_compressed(name) else name).with_suffix(f".{format}")
