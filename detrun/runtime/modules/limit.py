"""A bound on how long the loading of modules may take, in real time: of code that never comes back nothing else knows.

A thread of the machine's own watches, and raises in the thread that loads. Not a signal: those that a program has are
its run's own, and only the main thread gets any. A top level that waits in C is not ended by this.
"""

from __future__ import annotations

import _thread
import ctypes
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from detrun.errors import LimitReached
from detrun.scheduler.active import aside
from detrun.scheduler.threads import real

if TYPE_CHECKING:
    from collections.abc import Iterator

# Code may catch what is raised and go on: it is raised again, so often.
_AGAIN = 0.05
# So long it takes at a time to see that the watch has ended, which it does at once.
_SHORTLY = 0.0005
_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = [ctypes.c_ulong, ctypes.py_object]


class _TooLong(BaseException):
    """The time is over."""


class _Watch:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._thread = real.get_ident()
        self._done, self._never = real.allocate_lock(), real.allocate_lock()
        self._asked, self._over, self._raised = False, True, False
        real.acquire(self._done)
        real.acquire(self._never)

    def begin(self) -> None:
        """Watch from now on."""
        self._over = False
        try:
            with aside():
                _thread.start_new_thread(self._watch, ())
        except RuntimeError:
            self._over = True  # the machine has no thread left
            raise

    def end(self) -> None:
        """Watch no longer: once this is over, nothing is raised any more. It may itself be hit, and called again."""
        if not self._asked:
            self._asked = True
            real.release(self._done)
        while not self._over:
            real.acquire(self._never, timeout=_SHORTLY)
        if self._raised:
            # Only then: the interpreter takes even nothing for something to look at, for ever.
            _raise_in(self._thread, _NULL)

    def _watch(self) -> None:
        seconds = self._seconds
        while not real.acquire(self._done, timeout=seconds):
            self._raised = True
            _raise_in(self._thread, _TooLong)
            seconds = _AGAIN
        self._over = True


_NULL: Any = ctypes.py_object()


@contextmanager
def limited(seconds: float | None, hint: str) -> Iterator[None]:
    """End what happens inside when it takes longer than that, by `LimitReached`."""
    if seconds is None:
        yield
        return
    watch = _Watch(seconds)
    try:
        try:
            watch.begin()
            yield
        finally:
            watch.end()
    except _TooLong as error:
        _end(watch)
        # With the frames of what did not come back.
        raise LimitReached("seconds of loading", seconds, hint).with_traceback(error.__traceback__) from None


def _end(watch: _Watch) -> None:
    while True:
        try:
            watch.end()
        except _TooLong:
            continue
        return
