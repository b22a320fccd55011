"""The command line in a process in which modules cannot be imported, as if their extras were not installed."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PROGRAM = """
import sys
class Blocked:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {modules}:
            raise ModuleNotFoundError("blocked", name=name)
sys.meta_path.insert(0, Blocked())
from emograin.cli.app import main
sys.exit(main({arguments}))
"""


def run_without(
    modules: Sequence[str], arguments: Sequence[str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command without these modules, in a folder."""
    program = PROGRAM.format(modules=tuple(modules), arguments=[str(argument) for argument in arguments])
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=folder)
