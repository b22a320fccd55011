"""Run a script of the repository in the process of the test: a new one would take seconds to import torch."""

import contextlib
import io
import runpy
import sys
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).parents[2]


def run_script(script: str, *arguments: object) -> str:
    """Run a script, named relative to the repository, with the repository as the working directory; return stdout.

    Raises:
        SystemExit: The script ended with an error.
    """
    path, shown = ROOT / script, io.StringIO()
    with (
        mock.patch.object(sys, "argv", [str(path), *map(str, arguments)]),
        mock.patch.object(sys, "path", [str(path.parent), *sys.path]),
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(shown),
    ):
        runpy.run_path(str(path), run_name="__main__")
    return shown.getvalue()
