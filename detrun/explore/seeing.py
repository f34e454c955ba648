"""A run that is looked at closely: which event wakes which task, where that was parked, and what it had in its hands.

It costs several times what the run does, and so is for the few runs that are explained.
"""

from __future__ import annotations

import asyncio
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.explore.naming import Naming
from detrun.model import EventId, Instant
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.hooks import hooked
from detrun.scheduler.network.readiness import Readiness
from detrun.scheduler.own import is_own, line_of
from detrun.scheduler.scheduling import Scheduling
from detrun.scheduler.tasks import Task
from detrun.scheduler.waits import frames_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.strategies.strategy import Strategy
    from detrun.scheduler.threads.thread import Thread

BEGINS, GOES_ON, IS_CANCELLED = "begins", "goes on", "is cancelled"
_LONGEST = 60
_PLAIN = (bool, int, float, str, bytes, type(None), list, tuple, dict, set, frozenset)


class Wake(msgspec.Struct, frozen=True):
    """A task that goes on, and how: in which step, when, where it was parked, outermost first, and plain variables."""

    task: str
    step: int
    places: tuple[str, ...]
    values: dict[str, str]
    instant: Instant = Instant(0)
    how: str = GOES_ON


class Sight(msgspec.Struct):
    """An event as it happened, and whom it woke."""

    id: EventId
    name: str
    step: int
    instant: Instant
    wakes: list[Wake]

    @property
    def wake(self) -> Wake | None:
        """The first of the program's own tasks that it woke."""
        return next((wake for wake in self.wakes if wake.places), None)


class Seeing(Naming):
    """Answers as another strategy does, and looks."""

    def __init__(self, inner: Strategy) -> None:
        super().__init__(inner)
        self.sights: list[Sight] = []
        self._now: Sight | None = None
        self._files: dict[int, Sight | None] = {}

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        self._engine = engine
        engine.trace.observers.append(self._happens)

    def _happens(self, event: Delivery | Thread) -> None:
        trace = self._engine.trace
        name = self.names.name(trace.last)
        self._now = sight = Sight(trace.last, name, trace.step, Instant(self._engine.clock.now), [])
        self.sights.append(sight)
        if isinstance(event, TimerHandle) and not event.cancelled():
            event.call = (self._enter, sight, *event.call)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Name what is asked for, and know of each callback in whose wake it runs."""
        with (
            super().following(),
            hooked(
                (Scheduling, Scheduling.call_soon, self._call_soon),
                (Readiness, Readiness.look, self._look),
                (Readiness, Readiness.run, self._run),
                (Task, Task.cancel, self._cancel),
            ),
        ):
            yield

    def _call_soon(self, real: Callable[..., Any], loop: Any, *call: Any, **options: Any) -> Any:
        return real(loop, self._enter, self._now, *call, **options)

    def _look(self, real: Callable[..., None], readiness: Any, fd: int, file: Any) -> None:
        self._files[id(file)] = self._now
        real(readiness, fd, file)

    def _run(self, real: Callable[..., None], readiness: Any, handle: Any, file: Any) -> None:
        self._now = self._files.get(id(file))
        real(readiness, handle, file)

    def _enter(self, sight: Sight | None, call: Any, *arguments: Any) -> Any:
        self._now = sight
        task = getattr(call, "__self__", None)
        if sight is not None and isinstance(task, asyncio.Task):
            sight.wakes.append(self._wake(task))
        return call(*arguments)

    def _cancel(self, real: Callable[..., bool], task: asyncio.Task[Any], *message: Any, **options: Any) -> bool:
        # Who cancels itself has no place at which it waits.
        if self._now is not None and not task.done() and task is not asyncio.current_task(task.get_loop()):
            self._now.wakes.append(self._wake(task, IS_CANCELLED))
        return real(task, *message, **options)

    def _wake(self, task: asyncio.Task[Any], how: str = GOES_ON) -> Wake:
        engine, coro = self._engine, task.get_coro()
        if inspect.iscoroutine(coro) and inspect.getcoroutinestate(coro) == inspect.CORO_CREATED:
            how = BEGINS
        return _wake(coro, self.names.task(task), engine.trace.step, Instant(engine.clock.now), how)


def _wake(coro: Any, name: str, step: int, instant: Instant, how: str) -> Wake:
    own = [frame for frame in frames_of(coro) if is_own(frame.f_code.co_filename)]
    places = tuple(filter(None, map(line_of, own)))
    values = {name: text for frame in own for name, value in frame.f_locals.items() if (text := _text(value))}
    return Wake(name, step, places, values, instant, how)


def _text(value: Any) -> str:
    """A plain value, in short; nothing for what has no plain text."""
    if not isinstance(value, _PLAIN):
        return ""
    try:
        text = repr(value)
    except Exception:
        return ""
    return "" if " at 0x" in text else text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
