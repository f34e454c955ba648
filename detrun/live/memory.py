"""How the process gets memory from the system, while it keeps what it reads until it is written."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT = 64 * 1024 * 1024
_LARGE = 4 * 1024 * 1024


def keep() -> None:
    """Give back to the system only what is large.

    What an iteration has read and encoded is dropped at once when it is written. The C library would return that to the
    system each time, and ask for it again page by page: a third of what it costs to record a large request.
    """
    with suppress(AttributeError, OSError):  # other C libraries have other ways
        tune = ctypes.CDLL(None).mallopt
        tune(_MMAP_THRESHOLD, _LARGE)
        tune(_TRIM_THRESHOLD, _KEPT)
