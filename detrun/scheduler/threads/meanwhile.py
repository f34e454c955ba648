"""What goes on while threads wait: those outside of the run, and where there are units, who takes their turns.

Units share the main thread with the program that plays with them, as all that is in one process does. A turn is one
thing there: while the main thread waits in the middle of one, nothing but threads goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.errors import Stuck
from detrun.scheduler.clock import FOREVER
from detrun.scheduler.handles import NOTHING
from detrun.scheduler.threads import real
from detrun.scheduler.threads.thread import Thread
from detrun.scheduler.waits import waiting

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.threads.baton import Baton

# How long somebody outside the run may keep a lock that it shares with it, once nobody inside can go on.
SHORTLY = 0.2


def let_threads_go_on(engine: Engine) -> None:
    """Let the thread go on that could first; raise when none can, and none will."""
    baton, limits = engine.baton, engine._limits
    if engine.trace.step >= limits.checkpoint:
        limits.check(engine)
    if not (baton.ready or _time_is_up(engine) or await_outside(baton)):
        raise Stuck(waiting(engine))
    engine.happen(baton.ready[0])


def let_main_go_on(baton: Baton) -> None:
    """Units have their turns on the main thread: for a thread that waits, or has ended, that lets something happen."""
    if baton.main in baton.ready:
        baton.give(baton.main)
        return
    if not baton.main.parked:
        baton._stop_waiting(baton.main)  # it waits at its loop, to which it comes back
    baton._pass(baton.main)


def await_outside(baton: Baton) -> bool:
    """Nobody of the run can go on: look whether somebody outside has a lock that the run shares with it."""
    if real.count() < len(baton.threads):
        return False
    for thread in [thread for thread in baton.threads if thread.parked and thread.shared is not None]:
        lock, take = thread.shared
        if take(lock, True, SHORTLY):
            lock.release()
            baton.wake(lock)
    return bool(baton.ready)


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
