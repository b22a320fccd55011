"""Write the page as a static site, with the model inside the browser.

DIR/
  index.html           the page of `emograin serve`, with another host of the model
  offline.js           the service worker: the page works without a connection after the first load
  page/                style and scripts
  page/LICENSES.txt    licences of everything in the folder
  page/runtime/        ONNX Runtime for WebAssembly, and tokenizers
  page/model/          the exported model
  page/files.json      sizes and digests of the large files, and the list of the others
"""

import html
import json
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..common.errors import EmograinError
from ..common.files import disk_errors, resolved, sha256_file, write_atomically
from ..common.locks import locked
from ..prediction.onnx.model import DEV_SCORES, ExportedModel
from ..prediction.shipped_model import named_model, read_model_card, shipped_model
from .page_runtime import FILES as LIBRARY_FILES
from .page_runtime import pinned_versions

SOURCES = Path(__file__).with_name("page")
LIST = "page/files.json"
UNFINISHED = "page/unfinished"  # a page that is being written
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
)
TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types emograin"

Write = Callable[[Path], Any]


def open_exported(path: Path | None) -> ExportedModel:
    """Read the model for a page.

    Args:
        path: Folder of an exported model; None: the bundled model.

    Raises:
        EmograinError: The folder is a run folder or no model, or a file is missing or was changed.
    """
    folder = shipped_model() if path is None else named_model(path)
    if not ExportedModel.is_at(folder):
        raise EmograinError(
            f"a browser needs an exported model, and {str(folder)!r} is none", f"emograin export {folder} DIR"
        )
    return ExportedModel(folder)


def write_page(folder: Path, model: ExportedModel, modules: Path) -> dict[str, int]:
    """Write the site, its list of files last. A page in the folder is replaced.

    Args:
        folder: Folder to write: a new or empty one, or a page to replace.
        model: The model.
        modules: Folder node_modules with the libraries.

    Returns:
        Address of each file -> bytes.

    Raises:
        EmograinError: The folder holds something else, cannot be written to, or another process writes it; or the
            model's card is damaged.
    """
    if folder.exists() and not folder.is_dir():
        raise EmograinError(f"{str(folder)!r} is a file", "name a new folder")
    ours = any((folder / name).is_file() for name in (LIST, UNFINISHED))
    if folder.exists() and any(folder.iterdir()) and not ours:
        raise EmograinError(f"{str(folder)!r} holds something other than a page", "name a new folder")
    card = read_model_card(model.path)
    with disk_errors(folder):
        (folder / UNFINISHED).parent.mkdir(parents=True, exist_ok=True)
        (folder / UNFINISHED).touch()  # so that a page whose writer was killed can be written again
        with locked(resolved(folder)):
            files = _copies(model, modules) | _texts(pinned_versions())
            for address, write in files.items():
                write_atomically(folder / address, write)
            listed = _list_files(folder, list(files), model, card)
            write_atomically(folder / "offline.js", partial(Path.write_text, data=_offline(listed), encoding="utf-8"))
            write_atomically(folder / LIST, partial(Path.write_text, data=_json(listed), encoding="utf-8"))
            written = {*files, "offline.js", LIST}
            for each in sorted((folder / "page").rglob("*")):
                if each.is_file() and each.relative_to(folder).as_posix() not in written:
                    each.unlink()
    return {address: (folder / address).stat().st_size for address in sorted(written)}


def _copies(model: ExportedModel, modules: Path) -> dict[str, Write]:
    """Return the files that are copied, by their addresses."""
    patterns = ("LICENSES.txt", "*.css", "*.js", "engine/*.js", "browser/*.js")
    sources = [each for pattern in patterns for each in SOURCES.glob(pattern)]
    chosen = {
        f"page/{each.relative_to(SOURCES).as_posix()}": each
        for each in sorted(sources)
        if each.name not in ("service.js", "host_service.js", "api_key.js", "offline.js")
    }
    chosen |= {f"page/runtime/{name}": modules / file for name, file in LIBRARY_FILES.items()}
    names = ["model.json", *(name for name in model.description["files"] if name != DEV_SCORES)]
    chosen |= {f"page/model/{name}": model.path / name for name in names}
    return {address: partial(_copy, source) for address, source in chosen.items()}


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _texts(versions: Mapping[str, str]) -> dict[str, Write]:
    """Return the files that are made, by their addresses."""
    page = (SOURCES / "index.html").read_text(encoding="utf-8")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(f"{POLICY}; {TRUSTED_TYPES}")}">'
    page = page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{policy}', 1)
    page = page.replace('src="page/service.js"', 'src="page/browser/browser.js"', 1)
    notice = "\n".join(f"{name} {version}" for name, version in versions.items()) + "\nLicences: ../LICENSES.txt"
    return {
        "index.html": partial(Path.write_text, data=page, encoding="utf-8"),
        "page/runtime/NOTICE.txt": partial(Path.write_text, data=f"{notice}\n", encoding="utf-8"),
    }


def _list_files(
    folder: Path, addresses: list[str], model: ExportedModel, card: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the content of page/files.json."""
    needed = ("page/model/", "page/runtime/onnxruntime.wasm")
    large = {
        address: {"bytes": (folder / address).stat().st_size, "sha256": sha256_file(folder / address)}
        for address in addresses
        if address.startswith(needed)
    }
    small = [address for address in addresses if address not in large]
    digests = {address: sha256_file(folder / address) for address in small}
    name = (card or {}).get("name") or resolved(model.path).name
    version = sha256(json.dumps([digests, large, POLICY], sort_keys=True).encode()).hexdigest()
    return {"version": version, "name": str(name), "card": card, "small": small, "large": large}


def _offline(listed: Mapping[str, Any]) -> str:
    source = (SOURCES / "browser" / "offline.js").read_text(encoding="utf-8")
    constants = f"const VERSION = {json.dumps(listed['version'][:16])};\nconst POLICY = {json.dumps(POLICY)};\n"
    return constants + source


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
