"""A replay that tells of its events, and stops inside the program's code, at a step or a line, with a debugger."""

from __future__ import annotations

import os
import pdb  # it is what is asked for
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from detrun.errors import UsageError
from detrun.recording.recording import named
from detrun.recording.replaying import Replaying
from detrun.scheduler.own import is_own
from detrun.scheduler.world import leaving, swap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.threads.thread import Thread

# The clock of whoever watches: a look at that of the run would be part of the run.
_real_time = swap.twin(time.perf_counter)
# So often is it said how far a replay has come, in seconds.
_OFTEN = 0.5
_STDERR = 2


class Stepping(Replaying):
    """Compares, tells of each event from a step on, and stops in the first line of the program in a step."""

    def __init__(
        self,
        until: int | None,
        *,
        first: int | None,
        stop: int | None,
        tell: Callable[[str], None] | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        super().__init__(until)
        self._first = first
        self._stop = stop
        self._tell = tell
        self._progress = progress
        self._shown = _real_time()

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        self._stop_before(1)

    def happens(self, event: Delivery | Thread) -> None:
        super().happens(event)
        if self._tell is not None and self._first is not None and self.step >= self._first and self.last is None:
            self._tell(f"step {self.step}: {named(event)}")

    def mark(self, digest: int) -> None:
        super().mark(digest)
        if self._stop is not None:
            self._stop_before(self.step + 1)

    def checked(self) -> None:
        super().checked()
        if self._progress is not None and _real_time() - self._shown > _OFTEN:
            self._shown = _real_time()
            self._progress(self.step)

    def _stop_before(self, step: int) -> None:
        if self._stop is not None and step >= self._stop:
            self._stop = None
            sys.settrace(_stop_in)


def _stop_in(frame: FrameType, event: str, _: object) -> Any:
    """Stop in the first code of the program's own that runs."""
    if event != "call" or not is_own(frame.f_code.co_filename):
        return None
    debugger = _debugger()
    debugger.reset()
    debugger.botframe = _outermost(frame)
    # In the program's own line: a coroutine that goes on does so in what it awaits.
    debugger.set_next(frame)
    sys.settrace(debugger.trace_dispatch)
    return debugger.trace_dispatch


def _outermost(frame: FrameType) -> FrameType:
    while frame.f_back is not None:
        frame = frame.f_back
    return frame


def breaking(program: Callable[[], Any], place: str, files: Iterable[str]) -> Callable[[], Any]:
    """The program, with a breakpoint."""
    file, _, line = place.rpartition(":")
    if not file or not line.isdecimal():
        raise UsageError(f"expected a line such as file.py:42, got {place!r}")
    path = _path(file, files)
    debugger = _debugger()
    wrong: str | None = debugger.set_break(path, int(line))
    if wrong is not None:
        raise UsageError(f"expected a line that has code, got {place!r}: {wrong}")

    def broken() -> Any:
        debugger.reset()
        # Stopped at nothing but breakpoints: this frame is none that runs later.
        debugger._set_stopinfo(sys._getframe(), None, -1)  # type: ignore[attr-defined]
        sys.settrace(debugger.trace_dispatch)
        return program()

    return broken


def _path(file: str, files: Iterable[str]) -> str:
    path = os.path.abspath(file)
    return next((known for known in (*files,) if known == path or known.endswith(os.sep + file)), path)


class _Debugger(pdb.Pdb):
    """A debugger that ends the replay when it is left: an exception instead would be part of the run, and change it."""

    def do_quit(self, arg: str) -> NoReturn:
        """Leave the debugger, and the replay with it."""
        sys.settrace(None)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os.write(_STDERR, b"\ndetrun: the debugger was left, and the replay with it\n")
        leaving.at_once(0)

    do_q = do_exit = do_EOF = do_quit  # noqa: N815  # as the debugger calls them


def _debugger() -> pdb.Pdb:
    # SIGINT is the run's own, and what somebody has in `.pdbrc` is not what was recorded.
    return _Debugger(nosigint=True, readrc=False)
