"""A bound on how long the loading of modules may take, in real time: of code that never comes back nothing else knows.

A thread of the machine's own watches, and raises in the thread that loads. Not a signal: those that a program has are
its run's own, and only the main thread gets any. A top level that waits in C is not ended by this.

There is one such thread, which is gone again when nothing has been loaded for a while: to begin one for each load
would cost as much as a small application takes to load.
"""

from __future__ import annotations

import _thread
import ctypes
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from detrun.errors import LimitReached
from detrun.scheduler.active import aside
from detrun.scheduler.threads import real
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Iterator

# Code may catch what is raised and go on: it is raised again, so often.
_AGAIN = 0.05
# So long it takes at a time to see that the watcher has looked, which it does at once.
_SHORTLY = 0.0005
# So often the watcher looks, unless somebody has less time; after so many looks at nothing it is gone.
_PACE = 0.25
_IDLE = 8
_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = [ctypes.c_ulong, ctypes.py_object]
_now = swap.twin(time.monotonic)
_NULL: Any = ctypes.py_object()
# Who waits for this lock, which nobody ever gives back, sleeps without being seen to.
_never = real.allocate_lock()
real.acquire(_never)


class _TooLong(BaseException):
    """The time is over."""


class _Watcher:
    """The thread that looks at the time for everybody who loads."""

    def __init__(self) -> None:
        self.watches: list[_Watch] = []
        # How many looks are over, and which thread it is that looks.
        self.looks = 0
        self.running: object = None
        self._stir = real.allocate_lock()
        real.acquire(self._stir)

    def begin(self, watch: _Watch) -> None:
        """Watch one more."""
        self.watches.append(watch)
        if self.running is None:
            self.running = token = object()
            try:
                with aside():
                    _thread.start_new_thread(self._run, (token,))
            except BaseException:
                self.running = None  # the machine has no thread left
                raise
        elif watch.seconds < _PACE:
            self.stir()

    def stir(self) -> None:
        """Have it look now."""
        with suppress(RuntimeError):  # it is about to
            real.release(self._stir)

    def dismiss(self) -> None:
        """Have the thread be gone."""
        if self.running is not None:
            self.running = None
            while real.helpers:
                self.stir()
                real.acquire(_never, timeout=_SHORTLY)

    def _run(self, token: object) -> None:
        real.helpers.append(token)
        try:
            self._watch(token)
        finally:
            real.helpers.remove(token)

    def _watch(self, token: object) -> None:
        idle = 0
        while self.running is token:
            left = min([watch.deadline - _now() for watch in self.watches], default=_PACE)
            real.acquire(self._stir, timeout=min(max(left, 0.0), _PACE))
            self._look()
            idle = 0 if self.watches else idle + 1
            if idle > _IDLE and self.running is token:
                self.running = None
                if self.watches and self.running is None:
                    self.running = token  # who came meanwhile saw this thread

    def _look(self) -> None:
        now = _now()
        for watch in tuple(self.watches):
            if watch.deadline <= now:
                watch.deadline, watch.raised = now + _AGAIN, True
                _raise_in(watch.thread, _TooLong)
        self.looks += 1


_watcher = _Watcher()


class _Watch:
    def __init__(self, seconds: float) -> None:
        self.thread = real.get_ident()
        self.seconds = seconds
        self.deadline = self._first = _now() + seconds
        self.raised = False

    def begin(self) -> None:
        """Watch from now on."""
        _watcher.begin(self)

    def end(self) -> None:
        """Watch no longer: once this is over, nothing is raised any more. It may itself be hit, and called again."""
        with suppress(ValueError):
            _watcher.watches.remove(self)
        if _now() < self._first:
            return  # whoever looks at the time later does not find it any more
        looks = _watcher.looks
        while _watcher.running is not None and _watcher.looks == looks:
            _watcher.stir()
            real.acquire(_never, timeout=_SHORTLY)
        if self.raised:
            # Only then: the interpreter takes even nothing for something to look at, for ever.
            _raise_in(self.thread, _NULL)


def _dismiss() -> None:
    """Who forks has no other thread, or is warned."""
    _watcher.dismiss()


def _forget() -> None:
    """A forked process has no thread but one."""
    global _watcher  # noqa: PLW0603  # that of the parent may be in the middle of anything
    _watcher = _Watcher()


os.register_at_fork(before=_dismiss, after_in_child=_forget)


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
