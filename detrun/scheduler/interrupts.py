"""What SIGINT does to a program that is a coroutine: as with `asyncio.Runner`, the first one cancels its main task."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine


class Interrupt:
    """The handler of SIGINT as long as a main task runs."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self.count = 0
        self._task = task

    def __call__(self, number: int, frame: Any) -> None:
        self.count += 1
        if self.count > 1 or self._task.done():
            raise KeyboardInterrupt
        self._task.cancel()


def interrupted(engine: Engine, error: BaseException | None) -> bool:
    """Whether what ends a program is meant for whoever started it."""
    interrupted, signals = isinstance(error, KeyboardInterrupt), engine._signals
    if signals is None:
        return interrupted
    return signals.interrupted_by_user or (interrupted and not signals.interrupted)


def interruptible(engine: Engine, task: asyncio.Task[Any]) -> Any:
    """The result of a main task, which a program has from its loop."""
    engine.interrupt = interrupt = Interrupt(task)
    try:
        return task.get_loop().run_until_complete(task)
    except asyncio.CancelledError as cancelled:
        if interrupt.count and task.uncancel() == 0:
            raise KeyboardInterrupt from cancelled
        raise
    finally:
        engine.interrupt = None
        if task.done() and not task.cancelled():
            task.exception()  # what is raised here is it, or hides it: do not report it as never retrieved
