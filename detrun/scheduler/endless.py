"""Turns that never end: who computes for seconds without taking a step is ended, so that a search goes on.

Nothing is counted where programs run. A timer of the process's own, which advances only while it computes, looks now
and then whether the run is where it was.
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from detrun.errors import LimitReached
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.machinery import is_machinery
from detrun.scheduler.waits import place
from detrun.scheduler.world.signals import Killed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from detrun.scheduler.engine import Engine

SECONDS = 5.0
"""How long a turn may compute, in seconds of the machine's."""
LIMIT = "seconds of computing in one turn"
"""What it has exceeded."""
# How often that is looked at within this time; and how often it is once a run of this program has been ended so: what
# follows are mostly runs of the same failure, and there are many of them.
_LOOKS, _AGAIN = 25, 3


class Endless(Killed):
    """What leaves a turn that never ends."""

    def __init__(self) -> None:
        super().__init__(signal.SIGVTALRM)


class _Watch:
    """Looks whether the run of this process has taken a step since it last looked, or made another call."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen = (0, 0, 0)
        self._times = 0
        self._enough = _LOOKS

    def arm(self) -> None:
        """Begin to look."""
        every = self._seconds / _LOOKS
        signal.setitimer(signal.ITIMER_VIRTUAL, every, every)

    def look(self, _: int, frame: FrameType | None) -> None:
        """Look, in the middle of whatever the process does."""
        engine = ACTIVE.engine
        if engine is None:
            return
        now = (id(engine), engine.trace.step, engine.trace.ran)
        self._times = self._times + 1 if now == self._seen else 0
        self._seen = now
        if self._times >= self._enough:
            self._enough = _AGAIN
            self._end(engine, frame)

    def _end(self, engine: Engine, frame: FrameType | None) -> None:
        """End the run here and now; again, if the program goes on all the same."""
        thread = engine.baton.current
        if engine.error is None:
            engine.error = self._error(frame if thread is engine.baton.main else None)
        if thread is engine.baton.main:
            raise Endless
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.real_ident), ctypes.py_object(Endless))

    def _error(self, frame: FrameType | None) -> LimitReached:
        while frame is not None and is_machinery(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is None:
            return LimitReached(LIMIT, self._seconds, "let it wait for something")
        where = place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        limit = f"{LIMIT} of {frame.f_code.co_qualname}"
        error = LimitReached(limit, self._seconds, f"let it wait for something\n  {where}")
        return error.with_traceback(TracebackType(None, frame, frame.f_lasti, frame.f_lineno))


_watch: _Watch | None = None


@contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    """End whatever run of this process, or of one that it forks, has a turn that never ends."""
    global _watch  # noqa: PLW0603  # a process has one timer of this kind
    if _watch is not None or threading.current_thread() is not threading.main_thread():
        yield
        return
    _watch = _Watch(seconds)
    before = signal.signal(signal.SIGVTALRM, _watch.look)
    _watch.arm()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        _watch = None


def _arm_again() -> None:
    # A child has the handler, and no timer.
    if _watch is not None:
        _watch.arm()


os.register_at_fork(after_in_child=_arm_again)
