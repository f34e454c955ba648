"""What of a scope may outlive its answer, and for how long: work that was handed over for that, a reader at the end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

    from detrun.runtime.scopes import Scope
    from detrun.scheduler.handles import TimerHandle

GRACE = 30.0
"""How long work may outlive the answer, in seconds."""

log = logging.getLogger("detrun.runtime")


class Outliving:
    """The tasks of one scope that may outlive its answer. Once they may not for ever, each has a timer."""

    __slots__ = ("_scope", "_tasks")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._tasks: dict[asyncio.Task[Any], TimerHandle | None] = {}

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def add(self, task: asyncio.Task[Any]) -> None:
        """Have one more, until it is done."""
        self._tasks[task] = None
        task.add_done_callback(self._done_with)

    def limit(self) -> None:
        """From now on those that there are have so long."""
        for task, timer in self._tasks.items():
            if timer is None:
                self._tasks[task] = self._scope.context.loop.call_later(GRACE, self._too_long, task)

    def end(self) -> None:
        """The scope is over."""
        for task, timer in self._tasks.items():
            if timer is not None:
                timer.cancel()
            # A task that only lingered here may go on elsewhere, and must not keep this for as long as it does.
            task.remove_done_callback(self._scope.release)
            task.remove_done_callback(self._done_with)
        self._tasks.clear()

    def _done_with(self, task: asyncio.Task[Any]) -> None:
        timer = self._tasks.pop(task, None)
        if timer is not None:
            timer.cancel()

    def _too_long(self, task: asyncio.Task[Any]) -> None:
        if task.cancel(f"it was not over {GRACE:g} s after the answer"):
            log.warning("%s in %s was not over %g s after the answer", task.get_name(), self._scope.name, GRACE)
