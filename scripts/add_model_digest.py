"""Bring the model.json of an exported model from format 2 to format 3, which covers the file by a digest of its own.

    python scripts/add_model_digest.py DIR [DIR ...]

The other files stay as they are; they must be those that were exported. It made the bundled model's model.json.
"""

import argparse
import json
from pathlib import Path

from emograin.common.checks import from_values
from emograin.common.errors import EmograinError
from emograin.common.files import sha256_file, write_text
from emograin.prediction.onnx.description import InputTemplate, describe
from emograin.prediction.onnx.model import FILES


def add_digest(folder: Path) -> None:
    """Rewrite a folder's model.json.

    Raises:
        EmograinError: The folder is of another format, or one of its files was changed.
    """
    path = folder / "model.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    if content.get("format") != 2:
        raise EmograinError(f"{str(path)!r} is of format {content.get('format')!r}, expected 2")
    for name in FILES:
        if content["files"].get(name) != sha256_file(folder / name):
            raise EmograinError(f"{str(folder / name)!r} is not the file that was exported: its sha256 differs")
    template = from_values(InputTemplate, content["template"], "template")
    metadata = {name: content[name] for name in content if name not in ("producer", "format", "template", "files")}
    described = describe(template, {name: folder / name for name in FILES}, **metadata)
    write_text(path, json.dumps(described, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    for each in parser.parse_args().folders:
        try:
            add_digest(each)
        except EmograinError as error:
            raise SystemExit(str(error)) from None
