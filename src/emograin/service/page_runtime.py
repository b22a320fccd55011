"""The JavaScript libraries of a static page, from npm or from a folder: ONNX Runtime for WebAssembly, and tokenizers.

They are not part of this package. page/runtime/ has their versions (package.json) and digests (package-lock.json).
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ..common.errors import EmograinError

PINNED = Path(__file__).with_name("page") / "runtime"
# Name in the page -> file below node_modules. Not every web server serves .mjs as JavaScript.
FILES = {
    "onnxruntime.js": "onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "onnxruntime.wasm": "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
    "tokenizers.js": "@huggingface/tokenizers/dist/tokenizers.min.mjs",
}
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
SECONDS = 600  # until npm must have ended
HINT = "install Node.js, which has npm; or --node-modules DIR"


def pinned_versions() -> dict[str, str]:
    """Return the version of each library."""
    versions: dict[str, str] = json.loads((PINNED / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return versions


@contextmanager
def node_modules(folder: Path | None = None, seconds: float = SECONDS) -> Iterator[Path]:
    """Yield a folder node_modules that holds the libraries.

    Args:
        folder: A folder that holds them already; None: install them with npm, which compares their digests with those
            of package-lock.json, into a temporary folder.
        seconds: Time within which npm must have installed them.

    Raises:
        EmograinError: npm is missing or fails, or the folder lacks a library or has it in another version.
    """
    if folder is not None:
        check_libraries(folder)
        yield folder
        return
    npm = shutil.which("npm")
    if npm is None:
        raise EmograinError("the page needs two JavaScript libraries, and there is no npm to install them", HINT)
    with TemporaryDirectory(prefix="emograin-page-") as temporary:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(PINNED / name, Path(temporary, name))
        try:
            done = subprocess.run([npm, *INSTALL], cwd=temporary, capture_output=True, text=True, timeout=seconds)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EmograinError(f"npm could not install the JavaScript libraries of the page: {error}", HINT) from None
        if done.returncode != 0:
            reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise EmograinError(f"npm could not install the JavaScript libraries of the page: {reason}", HINT)
        installed = Path(temporary, "node_modules")
        check_libraries(installed)
        yield installed


def check_libraries(folder: Path) -> None:
    """Check that a folder node_modules has the files of the libraries, in the versions that are expected.

    Raises:
        EmograinError: It does not.
    """
    versions = pinned_versions()
    hint = "npm install " + " ".join(f"{name}@{version}" for name, version in versions.items())
    for name, version in versions.items():
        try:
            found = json.loads((folder / name / "package.json").read_text(encoding="utf-8")).get("version")
        except (OSError, ValueError, AttributeError):
            raise EmograinError(f"{str(folder)!r} has no library {name}", hint) from None
        if found != version:
            raise EmograinError(f"{str(folder)!r} has {name} {found}, expected {version}", hint)
    for file in FILES.values():
        if not (folder / file).is_file():
            raise EmograinError(f"{str(folder)!r} has no file {file}", hint)
