"""Interval timers (`signal.setitimer`, `signal.alarm`): they go off in virtual time, each with its signal."""

from __future__ import annotations

import errno
import os
import signal
from contextvars import Context as Variables
from typing import TYPE_CHECKING

from detrun.model import EventId
from detrun.scheduler.clock import MILLISECOND, SECOND, TICK, instant
from detrun.scheduler.handles import TimerHandle

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.engine import Engine

_SIGNALS: dict[int, int] = {
    signal.ITIMER_REAL: signal.SIGALRM,
    signal.ITIMER_VIRTUAL: signal.SIGVTALRM,
    signal.ITIMER_PROF: signal.SIGPROF,
}
# A signal is nobody's callback: it sees no context variables.
_NONE = Variables()
_ORIGIN = hash((-5,))


class Alarms:
    """The three timers of a process.

    The one that goes by the clock is an event like any timer. The two that go by work are looked at now and then: a
    program that only waits does no work, and is stuck if it waits for them.
    """

    name = "alarm"
    tick = 0
    overdue = False

    def __init__(self, engine: Engine, send: Callable[[int], None]) -> None:
        self.engine = engine
        self._send = send
        self._deadlines: dict[int, int] = {}
        self._intervals: dict[int, int] = {}
        self._timer: TimerHandle | None = None
        self._count = 0

    def set(self, which: int, seconds: float, interval: float = 0.0, /) -> tuple[float, float]:
        """Let a timer go off after so many seconds, and then again and again; how it stood before."""
        before = self.get(which)
        if seconds < 0 or interval < 0:
            raise _invalid()
        self._disarm(which)
        self._intervals[which] = instant(interval)
        if seconds:
            self._arm(which, self._now(which) + max(instant(seconds), TICK))
        return before

    def get(self, which: int, /) -> tuple[float, float]:
        """The seconds until a timer goes off, and those between one time and the next; 0 if it does not."""
        if which not in _SIGNALS:
            raise _invalid()
        if which not in self._deadlines:
            return 0.0, 0.0
        left = max(self._deadlines[which] - self._now(which), TICK)
        return left / SECOND, self._intervals[which] / SECOND

    def alarm(self, seconds: int, /) -> int:
        """Let the timer of the clock go off once; the whole seconds that were left before."""
        left, _ = self.set(signal.ITIMER_REAL, seconds)
        return max(round(left), 1) if left else 0

    def go_off(self, until: int) -> None:
        """Let time pass for whoever waits up to this instant, alarm by alarm."""
        while self._deadlines.get(signal.ITIMER_REAL, until + 1) <= until:
            self.wait()

    def wait(self) -> bool:
        """Let time pass up to the next alarm, for whoever waits for it; whether there is one."""
        timer, engine = self._timer, self.engine
        if timer is None:
            return False
        engine._pass_until(timer.deadline)
        timer.cancel()
        self.fall_due(timer)
        if engine.trace.step >= engine._limits.checkpoint:
            engine._limits.check(engine)
        return True

    def check_work(self) -> None:
        """Let the timers go off that go by work, if enough was done."""
        for which, deadline in list(self._deadlines.items()):
            if which != signal.ITIMER_REAL and deadline <= self._now(which):
                del self._deadlines[which]
                self._ring(which, self._now(which))

    def fall_due(self, timer: TimerHandle) -> None:
        """The instant of an alarm has come, which is a step."""
        self.engine.trace.step += 1
        self.engine.trace.deliver(timer)
        self._timer = None
        if self.engine.baton.current is not self.engine.baton.main:
            # Another thread lets time pass. The one that handles signals does so when it runs.
            self._arm(signal.ITIMER_REAL, self.engine.clock.now + MILLISECOND)
            return
        self._ring(signal.ITIMER_REAL, timer.deadline)

    def _ring(self, which: int, instant: int) -> None:
        self._deadlines.pop(which, None)
        if self._intervals[which]:
            self._arm(which, instant + self._intervals[which])
        self._send(_SIGNALS[which])

    def _now(self, which: int) -> int:
        clock = self.engine.clock
        return clock.look() if which == signal.ITIMER_REAL else clock.look_at_work()

    def _arm(self, which: int, deadline: int) -> None:
        self._deadlines[which] = deadline
        if which != signal.ITIMER_REAL:
            return
        if not self._count:
            self.engine.clock.homes += 1
        self._count += 1
        event, call = EventId((_ORIGIN, self._count)), (self._ring, which, deadline)
        self._timer = TimerHandle(call, _NONE, None, event, "", deadline, deadline / SECOND, self)
        self.engine.trace.note(event)
        self.engine.clock.add(self._timer)

    def _disarm(self, which: int) -> None:
        self._deadlines.pop(which, None)
        if which == signal.ITIMER_REAL and self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _invalid() -> signal.ItimerError:
    return signal.ItimerError(errno.EINVAL, os.strerror(errno.EINVAL))
