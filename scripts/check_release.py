"""Build the package as it would be published, and check it.

    python scripts/check_release.py [--python PATH ...] [--output DIR]

- `python -m build` and `twine check --strict`
- the wheel stays below 30 MB, and the sdist builds the same wheel: same files, same SHA-256
- images and links of README.md lead to files of the sdist
- in a bare environment of each Python, pip installs the wheel, and `emograin predict` predicts with the bundled model

Build tools and dependencies are fetched by pip into temporary environments. Pythons are searched on PATH and in
~/.pyenv.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13")
MAX_WHEEL_MB = 30
TEXT, LABEL = "I love you", "love"


def run(*command: object, cwd: Path = ROOT) -> str:
    """Run a command and return its standard output; end the script with the command's output if it fails."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run([str(each) for each in command], cwd=cwd, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def new_environment(python: str | Path, folder: Path, packages: Sequence[object]) -> Path:
    """Create an environment with packages and return its folder of commands."""
    run(python, "-m", "venv", folder)
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    run(commands / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
    return commands


def digests(wheel: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return the names of files that only one has, or that differ.

    >>> differences({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"})
    ['b', 'c']
    """
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def missing_targets(readme: str, files: set[str]) -> list[str]:
    """Return the relative links and images of a README that lead to no file.

    >>> missing_targets("[a](docs/a.md#part) ![b](b.png) [c](https://c.org)", {"docs/a.md"})
    ['b.png']
    """
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", readme)]
    return [each for each in targets if each and not re.match(r"[a-z]+:", each) and each not in files]


def find_python(version: str) -> str | None:
    """Return a Python of a version that works, or None."""
    found = [
        shutil.which(f"python{version}"),
        *map(str, sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))),
    ]
    for python in filter(None, found):
        done = subprocess.run(
            [python, "-c", "import venv, sys; print(sys.version_info[:2])"], capture_output=True, text=True
        )
        if done.returncode == 0 and done.stdout.strip() == str(tuple(map(int, version.split(".")))):
            return python
    return None


def build(output: Path, scratch: Path) -> tuple[Path, Path]:
    """Build wheel and sdist, check their metadata, and compare with the wheel that the sdist builds.

    Args:
        output: Folder for both.
        scratch: Folder for environments and for the unpacked sdist.

    Returns:
        Paths of the wheel and of the sdist.
    """
    tools = new_environment(sys.executable, scratch / "tools", ["build", "twine"])
    run(tools / "python", "-m", "build", "--outdir", output, "--sdist", "--wheel", ROOT)
    (wheel,), (sdist,) = output.glob("*.whl"), output.glob("*.tar.gz")
    print(run(tools / "twine", "check", "--strict", wheel, sdist).strip().replace(f"{output}{os.sep}", ""))
    with tarfile.open(sdist) as archive:
        archive.extractall(scratch / "sdist", filter="data")
    (source,) = (scratch / "sdist").iterdir()
    run(tools / "python", "-m", "build", "--outdir", scratch / "again", "--wheel", source)
    (again,) = (scratch / "again").glob("*.whl")
    if differing := differences(digests(wheel), digests(again)):
        sys.exit(f"the wheel from the sdist differs in {len(differing)} files: {differing[:5]}")
    size = wheel.stat().st_size / 1e6
    if size >= MAX_WHEEL_MB:
        sys.exit(f"{wheel.name} has {size:.1f} MB, expected less than {MAX_WHEEL_MB}")
    print(f"{wheel.name}: {size:.1f} MB, {len(digests(wheel))} files; {sdist.name} builds the same files")
    files = {path.relative_to(source).as_posix() for path in source.rglob("*")}
    if missing := missing_targets((source / "README.md").read_text(encoding="utf-8"), files):
        sys.exit(f"README.md links to files that the sdist lacks: {missing}")
    print("README.md: all images and relative links lead to files of the sdist")
    return wheel, sdist


def predict(python: str, wheel: Path, scratch: Path) -> None:
    """Install the wheel alone into a bare environment, and predict with the bundled model."""
    commands = new_environment(python, scratch, [wheel])
    shown = run(commands / "emograin", "predict", TEXT, cwd=scratch)
    if LABEL not in shown:
        sys.exit(f"expected {LABEL!r}, got {shown!r}")
    version = run(commands / "python", "-c", "import sys; print(sys.version.split()[0])", cwd=scratch).strip()
    packages = len(list(scratch.glob("[Ll]ib/**/*.dist-info")))
    print(f"Python {version}, {packages} packages: emograin predict {TEXT!r} -> {' '.join(shown.split())}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", help="a Python to test, instead of those found; may be repeated")
    parser.add_argument("--output", type=Path, help="folder to keep wheel and sdist in")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        scratch = Path(made)
        output = options.output.resolve() if options.output else scratch / "dist"
        if output.exists() and any(output.iterdir()):
            sys.exit(f"{output} is not empty")
        wheel, _ = build(output, scratch)
        for number, (name, python) in enumerate(
            [(each, each) for each in options.python]
            if options.python
            else [(each, find_python(each)) for each in VERSIONS]
        ):
            if python is None:
                print(f"Python {name}: none found, not tested")
            else:
                predict(python, wheel, scratch / f"bare{number}")


if __name__ == "__main__":
    main()
