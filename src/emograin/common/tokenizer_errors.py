"""Errors of the tokenizers library."""

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import EmograinError


@contextmanager
def tokenizer_errors() -> Iterator[None]:
    """Turn an error of the tokenizers library into one for the user.

    The library stops a regular expression that backtracks too much after some tenths of a second per text.
    It then panics: Rust writes its own lines to standard error, which cannot be caught.

    Raises:
        EmograinError: The block raised an exception, or the library panicked.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise EmograinError(f"the tokenizer of the model failed: {reason}") from None
        raise
