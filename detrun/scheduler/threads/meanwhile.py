"""What goes on while a unit waits for a thread in the middle of its turn: threads, and nothing else.

To its own context a turn is one thing, so that nobody may have another one inside of it; and all units share one
thread, as they would share one process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.errors import Stuck
from detrun.scheduler.clock import FOREVER
from detrun.scheduler.handles import NOTHING
from detrun.scheduler.threads.thread import Thread
from detrun.scheduler.waits import waiting

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine


def let_threads_go_on(engine: Engine) -> None:
    """Let the thread go on that could first; raise when none can, and none will."""
    baton, limits = engine.baton, engine._limits
    if engine.trace.step >= limits.checkpoint:
        limits.check(engine)
    if not (baton.ready or _time_is_up(engine) or baton.await_outside()):
        raise Stuck(waiting(engine))
    engine.happen(baton.ready[0])


def _time_is_up(engine: Engine) -> bool:
    """Let time pass until the first of the threads waits no longer, if any waits for an instant."""
    timers = (entry[3] for entry in engine.clock.timers)
    sleepers = (timer.deadline for timer in timers if isinstance(timer.home, Thread) and timer.call is not NOTHING)
    until = min(sleepers, default=FOREVER)
    if until >= FOREVER:
        return False
    engine._pass_until(until)
    engine.clock.fall_due()
    return bool(engine.baton.ready)
