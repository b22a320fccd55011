"""The command line: results on standard output, progress and notes on standard error, and exit codes."""

import os
import sys
import traceback

from cyclopts import App, CycloptsError, Parameter

from .. import __version__
from ..common.errors import EmograinError, Interrupted
from .attend import attend
from .compare import compare
from .data import data
from .evaluate import evaluate
from .export import export
from .mix import mix
from .neighbours import neighbours
from .predict import predict
from .reproduce import reproduce
from .serve import serve
from .similarity import similarity
from .train import train

COMMANDS = (predict, serve, train, evaluate, compare, mix, attend, export, data, neighbours, similarity, reproduce)


def shown_default(value: object) -> str | None:
    """Return a default as the help shows it: nothing for switches, empty lists and None."""
    return None if value is None or value is False or value == () else str(value)


app = App(
    name="emograin",
    help="Classify emotions in text, 28 of them and several at once: predict, serve, train, evaluate, explain.",
    version=__version__,
    default_parameter=Parameter(negative=(), show_default=shown_default),
    result_action="return_value",  # main maps errors to exit codes
)
for command in COMMANDS:
    app.command(command)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 a bug, 2 the user's mistake, 130 interrupted."""
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except Interrupted as stop:
        return _failed(str(stop), 130)
    except EmograinError as mistake:
        return _failed(str(mistake), 2)
    except CycloptsError as mistake:
        return _failed(f"{' '.join(str(mistake).split())} (emograin --help)", 2)
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenPipeError:  # the reader of our output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:
        traceback.print_exc()
        return _failed("internal error; please report it with the traceback above", 1)
    return 0


def _failed(message: str, code: int) -> int:
    print(f"emograin: {message}", file=sys.stderr)
    return code
