"""The command line: results on standard output, progress and notes on standard error, and exit codes."""

import errno
import inspect
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any

from cyclopts import App, CycloptsError, Parameter, UnknownOptionError

from .. import __version__
from ..common.errors import EmograinError, Interrupted, one_line
from ..common.files import FULL
from .attend import attend
from .calibrate import calibrate
from .compare import compare
from .data import data
from .evaluate import evaluate
from .export import export
from .mix import mix
from .neighbours import neighbours
from .page import page
from .predict import predict
from .reproduce import reproduce
from .serve import serve
from .similarity import similarity
from .standard_streams import flush_output, prepare_streams
from .train import train

OUTPUT_ERRORS = (*FULL, errno.EIO, errno.EBADF)  # without a path, these are standard output's
FLAG = re.compile(r"--[a-z][\w-]*(=|$)")
COMMANDS = (
    predict,
    serve,
    page,
    train,
    evaluate,
    calibrate,
    compare,
    mix,
    attend,
    export,
    data,
    neighbours,
    similarity,
    reproduce,
)


def shown_default(value: object) -> str | None:
    """Return a default as the help shows it: nothing for switches, empty lists and None."""
    return None if value is None or value is False or value == () else str(value)


def usage(command: Callable[..., Any]) -> str:
    """Return the usage line of a command, with the names of its positional arguments.

    >>> usage(attend)
    'Usage: emograin attend [OPTIONS] RUN [TEXT]'
    """
    names = []
    for parameter in inspect.signature(command).parameters.values():
        name = parameter.name.upper()
        if parameter.kind is parameter.VAR_POSITIONAL:
            names.append(f"[{name}]...")
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            names.append(name if parameter.default is parameter.empty else f"[{name}]")
    return " ".join([f"Usage: {app.name[0]} {command.__name__} [OPTIONS]", *names])


app = App(
    name="emograin",
    help="Classify emotions in text, 28 of them and several at once: predict, serve, train, evaluate, explain.",
    version=__version__,
    default_parameter=Parameter(negative=(), show_default=shown_default),
    result_action="return_value",  # main maps errors to exit codes
    suppress_keyboard_interrupt=False,  # main says that it was interrupted
)
for command in COMMANDS:
    app.command(command, usage=usage(command))


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 a bug, 2 the user's mistake, 130 interrupted."""
    prepare_streams()
    code = _run(arguments)
    error = flush_output()
    if error is None or isinstance(error, BrokenPipeError) or code:
        return code
    return _output_failed(error)


def _run(arguments: list[str] | None) -> int:
    """Run a command, map its errors to exit codes, and print them as one line.

    Commands turn the errors they expect into `EmograinError`. What else the user's files cause is caught here: paths
    that cannot be opened, files that are not UTF-8, and nesting that is too deep.
    """
    try:
        app(_with_standard_input(arguments), exit_on_error=False, print_error=False)
    except Interrupted as stop:
        return _failed(str(stop), 130)
    except EmograinError as mistake:
        return _failed(str(mistake), 2)
    except CycloptsError as mistake:
        return _failed(f"{mistake} ({_hint(mistake)})", 2)
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenPipeError:  # the reader of our output has closed it
        flush_output()
    except OSError as error:
        broken = flush_output() or (error if error.filename is None and error.errno in OUTPUT_ERRORS else None)
        if broken:
            return _output_failed(broken)
        if error.filename is None:  # not about a path
            return _bug()
        return _failed(f"cannot open {str(error.filename)!r}: {_reason(error)}", 2)
    except UnicodeError as error:
        return _failed(f"a file or a name is not valid Unicode: {error}", 2)
    except RecursionError:
        return _failed("a file is nested too deeply", 2)
    except Exception:
        return _bug()
    return 0


def _hint(mistake: CycloptsError) -> str:
    """Return the next step after arguments that cannot be parsed."""
    takes_texts = mistake.target is not None and "text" in inspect.signature(mistake.target).parameters
    if takes_texts and isinstance(mistake, UnknownOptionError) and not FLAG.match(mistake.token.value or ""):
        if mistake.token.value == "-":
            return "standard input is --input -"
        return "put -- before texts that start with a hyphen; emograin --help"
    return "emograin --help"


def _with_standard_input(arguments: list[str] | None) -> list[str]:
    """Return arguments with `--input -` as `--input=-`: cyclopts takes a hyphen after a flag for another flag."""
    given = sys.argv[1:] if arguments is None else arguments
    joined: list[str] = []
    for at, argument in enumerate(given):
        if argument == "--":  # texts follow
            return joined + given[at:]
        if argument == "-" and joined and joined[-1] == "--input":
            joined[-1] = "--input=-"
        else:
            joined.append(argument)
    return joined


def _output_failed(error: OSError) -> int:
    return _failed(f"cannot write 'standard output': {_reason(error)}", 2)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _bug() -> int:
    traceback.print_exc()
    return _failed("internal error; please report it with the traceback above", 1)


def _failed(message: str, code: int) -> int:
    print(f"emograin: {one_line(message)}", file=sys.stderr)
    return code
