"""Allocation of memory during a training on CPUs: freed memory is kept for the next step.

glibc returns large blocks to the operating system and gets them anew in every step, page by page. The gradient of the
embedding table of MiniLM alone has 47 MB. Other C libraries are left as they are.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

# Parameters of glibc's mallopt, and the limits up to which it raises both by itself on 64 bits
TRIM_THRESHOLD, LIMIT_OF_TRIM_THRESHOLD = -1, 64 * 2**20
MMAP_THRESHOLD, LIMIT_OF_MMAP_THRESHOLD = -3, 32 * 2**20
LARGEST_BLOCK = 2**30  # bytes; larger ones still come from the operating system
LARGEST_REST = 2**31 - 1  # bytes of freed memory to keep: the largest int


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep freed memory inside the context; afterwards, return it to the operating system."""
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(MMAP_THRESHOLD, LARGEST_BLOCK)
    library.mallopt(TRIM_THRESHOLD, LARGEST_REST)
    try:
        yield
    finally:
        library.mallopt(MMAP_THRESHOLD, LIMIT_OF_MMAP_THRESHOLD)
        library.mallopt(TRIM_THRESHOLD, LIMIT_OF_TRIM_THRESHOLD)
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """Return the C library of this process if it is glibc."""
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - raises in others
    except (AttributeError, OSError, TypeError):  # another library; none to look into, as on Windows
        return None
    return library
