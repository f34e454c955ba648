"""Where commands say something: a stream that somebody closed takes it all, and one that takes no more is named."""

import errno
import os
import sys
from io import TextIOWrapper
from shutil import get_terminal_size
from typing import TextIO

import click

from detrun.errors import UsageError

PIPE_CLOSED = 141
NARROWEST = 40


def prepare() -> None:
    """Have all standard streams: what is opened later shall not get the number of one that was closed."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest number that is free; for processes that are started, too.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def columns(stream: TextIO | None = None) -> int | None:
    """How many columns there are for what a command says, if that goes to a terminal: standard output, if no other."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return None
    return max(get_terminal_size(os.get_terminal_size(stream.fileno())).columns, NARROWEST)


def is_unheard(error: OSError) -> bool:
    """Whether it came up while something was said."""
    found = error.__traceback__
    while found is not None and found.tb_next is not None:
        found = found.tb_next
    return found is not None and found.tb_frame.f_code.co_filename.startswith(os.path.dirname(click.__file__))


def unheard(error: OSError) -> int:
    """The status of a command whose standard output takes no more; raises unless its reader has heard enough."""
    # The interpreter flushes once more as it ends, and would complain.
    sys.stdout = _nowhere()
    if error.errno == errno.EPIPE:
        return PIPE_CLOSED
    raise UsageError(sentence(error)) from error


def sentence(error: OSError) -> str:
    """What is wrong with an output."""
    return f"expected an output that can be written, got {(error.strerror or '').lower()!r}"


def _nowhere() -> TextIOWrapper:
    return open(os.devnull, "w", encoding="utf-8")
