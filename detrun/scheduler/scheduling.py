"""Calls that a loop is asked to make: soon, later, at an instant, and how an iteration makes them."""

from __future__ import annotations

import sys
from asyncio import current_task, futures, tasks
from collections import deque
from contextvars import Context as Variables
from contextvars import copy_context
from itertools import repeat
from typing import TYPE_CHECKING, Any

from detrun.model import EventId
from detrun.scheduler.clock import SECOND, instant
from detrun.scheduler.handles import Handle, TimerHandle
from detrun.scheduler.origins import ORIGIN
from detrun.scheduler.reporting import Reporting
from detrun.scheduler.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.contexts import Context

# What `asyncio.sleep` has a timer call.
_WAKE = futures._set_result_unless_cancelled  # type: ignore[attr-defined]
# Before 3.12 that was a function of Python which looks into this dictionary.
_current: Any = current_task if sys.version_info >= (3, 12) else vars(tasks)["_current_tasks"].get


class Scheduling(Reporting):
    """The queue of one loop, run strictly first in, first out.

    `append` is the queue's own method whenever the context has its turn: `call_soon` is an append and nothing else.
    """

    def __init__(self, home: Context) -> None:
        super().__init__(home)
        self.home = home
        self.ready: deque[Handle] = deque()
        self.append: Callable[[Handle], None] = self.ready.append
        self._closed = False
        self._engine = home.engine
        self._trace = home.engine.trace
        self._clock = home.engine.clock
        self._tick = home.tick

    # Below, a callback and its arguments stay one tuple, which `Context.run` takes as it is.

    def call_soon(self, *call: Any, context: Variables | None = None) -> Handle:  # type: ignore[override]
        handle = Handle(call, copy_context() if context is None else context)
        self.append(handle)
        return handle

    def call_soon_threadsafe(self, *call: Any, context: Variables | None = None) -> Handle:  # type: ignore[override]
        self._engine.check_thread("loop.call_soon_threadsafe()")
        handle = self.call_soon(*call, context=context)
        self._engine.baton.rouse(self)
        return handle

    def call_later(self, delay: float, *call: Any, context: Variables | None = None) -> TimerHandle:  # type: ignore[override]
        if delay is None:
            raise TypeError("delay must not be None")
        return self.arm(self.time() + delay, call, context)

    def call_at(self, when: float, *call: Any, context: Variables | None = None) -> TimerHandle:  # type: ignore[override]
        if when is None:
            raise TypeError("when cannot be None")
        return self.arm(when, call, context)

    def time(self) -> float:
        self._clock.now += self._tick
        return self._clock.now / SECOND

    def iterate(self) -> int:
        """Make the calls that are queued at this moment, and none that they queue; how many there were."""
        popleft = self.ready.popleft
        made = len(self.ready)
        self._trace.ran += made
        for _ in repeat(None, made):
            # One by one, as asyncio does: what only a handle held is gone before the next call, and says so now.
            handle = popleft()
            try:
                handle.context.run(*handle.call)
            except (SystemExit, KeyboardInterrupt):
                raise  # the others stay where they are: they are still to be made
            except BaseException as error:
                self.report_callback(handle, error)
        return made

    def arm(self, when: float, call: tuple[Any, ...], context: Variables | None) -> TimerHandle:
        """A new timer, whose call is made when it is due."""
        if self._closed:
            self.check_open()
        deadline = instant(when)
        # A sleep's call does nothing that would need an origin of its own.
        private = context is None and call[0] is not _WAKE
        timer = TimerHandle(
            call,
            copy_context() if context is None else context,
            None,
            self.operation(),
            "",
            deadline,
            when,
            self.home,
            private,
        )
        self._clock.add(timer)
        return timer

    def operation(self) -> EventId:
        """Count an external operation of whoever runs now, and note it."""
        task = _current(self)
        origin = task if type(task) is Task else ORIGIN.get() or self.home.origin
        origin.count = count = origin.count + 1
        event = (origin.key, count)
        trace = self._trace
        trace.digest = hash((trace.digest, trace.step, event))
        return event  # type: ignore[return-value]  # to call `EventId` costs as much as all the rest

    def check_open(self) -> None:
        """Raise what asyncio raises when the loop is closed."""
        if self._closed:
            raise RuntimeError("Event loop is closed")
