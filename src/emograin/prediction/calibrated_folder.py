"""Write a calibrated model: a folder like an exported one whose network is linked from the model it was made of.

DIR/
  model.onnx, tokenizer.json      links to those of the model, or copies where there can be no link
  taxonomy.json, thresholds.json  of the labels that the calibrated model predicts
  score_map.json                  from the network's scores to those of the labels
  dev_scores.npz                  scores and gold labels of the sample, without its texts
  calibration.json                the report that `emograin calibrate` printed
  model.json                      as of an exported model
"""

import json
import os
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..common.errors import EmograinError
from ..common.files import disk_errors, leftovers, resolved, write_atomically
from ..common.locks import locked
from ..evaluation.calibration.held_out_scores import HeldOutScores
from .model_source import ModelSource
from .onnx.description import describe, metadata
from .onnx.model import CALIBRATION_REPORT, DEV_SCORES, FILES, SCORE_MAP, ExportedModel

LINKED = ("model.onnx", "tokenizer.json")


def require_writable(folder: Path, source: Path) -> None:
    """Check, before any work, that a calibrated model can be written into a folder.

    Raises:
        EmograinError: The source is no exported model, the folder is the source, or holds something other than a
            calibrated model.
    """
    if not ExportedModel.is_at(source):
        raise EmograinError(
            f"expected an exported model, got the run folder {str(source)!r}", f"emograin export {source} DIR"
        )
    if resolved(folder) == resolved(source):
        raise EmograinError(f"the output {str(folder)!r} is the model itself", "--output, a new folder")
    if folder.exists() and not folder.is_dir():
        raise EmograinError(f"the output {str(folder)!r} is a file", "--output, a new folder")
    for name in LINKED:
        if resolved(source / name) == resolved(folder) / name:
            raise EmograinError(
                f"{str(source / name)!r} is a link into the output {str(folder)!r}", "name a new folder"
            )
    written = (*FILES, SCORE_MAP, DEV_SCORES, CALIBRATION_REPORT)
    found = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if SCORE_MAP not in found and found - {*written, *leftovers((*written, "model.json"))}:
        raise EmograinError(f"{str(folder)!r} holds something other than a calibrated model", "name a new folder")


def write_calibrated(
    folder: Path, source: ModelSource, held_out: HeldOutScores | None, report: Mapping[str, Any]
) -> None:
    """Write the folder, model.json last: without it the folder is no model.

    Args:
        folder: Folder to write, created if necessary. A calibrated model in it is replaced.
        source: The model with its new score map and thresholds; `path` is the folder of the network.
        held_out: Scores of its labels on the sample, with gold labels; None if it has none.
        report: Content of calibration.json.

    Raises:
        EmograinError: The folder cannot be written to, or another process writes it.
    """
    require_writable(folder, source.path)
    assert source.score_map is not None
    model = ExportedModel(source.path)
    content = {
        "taxonomy.json": _json(source.taxonomy.to_dict()),
        "thresholds.json": _json(source.thresholds),
        SCORE_MAP: _json(source.score_map.to_dict()),
    }
    if held_out is not None:
        content[DEV_SCORES] = held_out.to_bytes()
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(resolved(folder)):
            for name in ("model.json", DEV_SCORES):
                (folder / name).unlink(missing_ok=True)
            for name in LINKED:
                link_or_copy(source.path / name, folder / name)
            for name, value in {**content, CALIBRATION_REPORT: _json(report)}.items():
                write_atomically(folder / name, partial(Path.write_bytes, data=value))
            files = {name: folder / name for name in {**dict.fromkeys(FILES), **content}}
            description = _json(describe(model.template, files, **metadata(model.description)))
            write_atomically(folder / "model.json", partial(Path.write_bytes, data=description))


def link_or_copy(source: Path, target: Path) -> str:
    """Make a file of the same content: a hard link, or a copy on another file system. Returns which one.

    Both survive the removal of the source, such as an upgrade of the package with the bundled model.

    Raises:
        OSError: Not even a copy can be written.
    """
    real = source.resolve()
    target.unlink(missing_ok=True)
    try:
        os.link(real, target)
    except OSError:  # another file system, no permission, or no links here
        shutil.copyfile(real, target)
        return "copy"
    return "hard link"


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
