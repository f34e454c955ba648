"""`os._exit`, which ends a process with nobody told: in a run it is the run that ends there, with a verdict."""

from __future__ import annotations

import operator
import os
from typing import TYPE_CHECKING, Any

from detrun.scheduler.world import swap
from detrun.scheduler.world.signals import Killed

if TYPE_CHECKING:
    from typing import NoReturn

    from detrun.scheduler.engine import Engine

_exit = swap.twin(os._exit)


class Left(Killed):
    """What ends a program that leaves its process. It passes through tasks and loops as a signal that kills does."""

    def __init__(self, status: int) -> None:
        super(Killed, self).__init__(status)

    def __str__(self) -> str:
        return f"left by os._exit({self.code})"


def catch() -> None:
    """Have a run end, where its process would."""
    swap.builtin(os._exit, swap.asked(_leave))


def at_once(status: int) -> NoReturn:
    """End the process, run or not: nobody waits any more."""
    _exit(status)
    raise AssertionError


def _leave(engine: Engine, status: Any) -> NoReturn:
    status = operator.index(status)
    if engine.entering.loop is not None:
        raise SystemExit(status)  # what one worker has of a process is its generation
    death, baton = Left(status), engine.baton
    if baton.current is not baton.main:
        engine.trace.seal(engine.clock.now)
        baton.fail(death)
    engine.kill(death)
