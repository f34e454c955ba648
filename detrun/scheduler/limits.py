"""The bounds of a run, and what ends polling."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from detrun.errors import LimitReached, UsageError
from detrun.scheduler.clock import SECOND, START, instant
from detrun.scheduler.waits import waiting

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine

STEPS = 10_000_000
SECONDS = 30 * 24 * 3600.0
# However few the steps, so many callbacks are allowed; more steps allow ten times as many. Steps alone bound no work.
CALLS = 10_000_000
# Bounds are looked at every so many steps.
WATCH = 250
# So many steps without an event are taken for polling, and the next timer is let through.
PATIENCE = 10_000
# So many of the tasks that were not done are named where a limit was met.
SHOWN = 5
# What a run that met a limit may still take, to unwind: cancellation and `finally` need some.
GRACE_STEPS = 10_000
GRACE_SECONDS = 3600


class Limits:
    """How many steps and how much virtual time a run may take. `checkpoint` is the step at which to look again.

    What else is looked at now and then, garbage and alarms of work, is looked at then.
    """

    # What the time is called that is bounded.
    time = "seconds of virtual time"

    def __init__(self, steps: int = STEPS, seconds: float = SECONDS) -> None:
        if steps < 1:
            raise UsageError(f"expected a limit of at least 1 step, got {steps!r}")
        if not seconds > 0:
            raise UsageError(f"expected a limit of more than 0 seconds of virtual time, got {seconds!r}")
        self._steps, self._seconds = steps, seconds
        self._last_step = steps
        # Steps bound no work by themselves: one may make any number of callbacks.
        self._last_call = max(CALLS, 10 * steps)
        self.last_instant = START + instant(seconds)
        self.checkpoint = min(steps, WATCH)

    def check(self, engine: Engine) -> None:
        """Raise if the run has taken all its steps; if it polls, let time pass until the next timer."""
        trace = engine.trace
        self.checkpoint = trace.step + WATCH
        if engine.asked_to_stop:
            engine.interrupt_program()
        full = trace.full()
        trace.check()
        if full is not None:
            raise full
        if engine._signals is not None:
            engine._signals.alarms.check_work()
        engine.garbage.check()
        self.checkpoint = min(self.checkpoint, self._last_step, engine.garbage.checkpoint)
        if trace.step >= self._last_step:
            self._last_step = trace.step + GRACE_STEPS
            raise LimitReached("steps", self._steps, _hint("--max-steps", engine))
        if trace.ran >= self._last_call:
            limit, self._last_call = self._last_call, self._last_call + CALLS
            raise LimitReached("callbacks", limit, _hint("--max-steps", engine))
        if trace.step - trace.eventful >= PATIENCE:
            trace.eventful = trace.step
            engine.let_timer_through()

    def exceed(self, instant: int, engine: Engine) -> NoReturn:
        """Raise, for a run that would go on to this instant takes too much virtual time."""
        self.last_instant = instant + GRACE_SECONDS * SECOND
        raise LimitReached(self.time, self._seconds, _hint("--max-time", engine))


def _hint(option: str, engine: Engine) -> str:
    """What to do, and where the first few tasks stand that are not done."""
    tasks = [f"\n  {line}" for entry in waiting(engine)[:SHOWN] for line in entry.splitlines()]
    return f"raise it with {option}, or look for what never ends{''.join(tasks)}"
