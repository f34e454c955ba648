"""Python's debugger within a replay, which it must not change."""

from __future__ import annotations

import os
import pdb  # it is what is asked for
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from detrun.scheduler.world import leaving

if TYPE_CHECKING:
    from types import FrameType

_STDERR = 2


class Debugger(pdb.Pdb):
    """A debugger that ends the replay when it is left: an exception instead would be part of the run, and change it."""

    def __init__(self) -> None:
        # SIGINT is the run's own, and what somebody has in `.pdbrc` is not what was recorded.
        super().__init__(nosigint=True, readrc=False)

    def do_quit(self, arg: str) -> NoReturn:
        """Leave the debugger, and the replay with it."""
        sys.settrace(None)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os.write(_STDERR, b"\ndetrun: the debugger was left, and the replay with it\n")
        leaving.at_once(0)

    do_q = do_exit = do_EOF = do_quit  # noqa: N815  # as the debugger calls them


def outermost(frame: FrameType) -> FrameType:
    """The frame that this one is in the end called from: the debugger goes up to there."""
    while frame.f_back is not None:
        frame = frame.f_back
    return frame
