"""Inputs: what a run is given from outside, each of which a strategy may leave out. It does not know why one would.

Of an application that is what its scenario asks of it; and, of any program, the tasks that its tasks start. What is
left out is over at once, has done nothing and gives nothing: the run is that of a program without it.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from asyncio import current_task
from typing import TYPE_CHECKING, Any, NamedTuple

from detrun.model import LEFT_OUT, EventId
from detrun.scheduler.contexts import Program
from detrun.scheduler.machinery import is_machinery
from detrun.scheduler.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from detrun.scheduler.contexts import Context
    from detrun.scheduler.loop import Loop
    from detrun.scheduler.strategies.strategy import Strategy
    from detrun.scheduler.trace import Trace

PAUSE = "sleep"
"""What lets time pass until something else."""
# Its task, if it makes one, stands for nothing: who waits does it himself.
_WAIT_FOR = asyncio.wait_for.__code__
# What makes the key of somebody's inputs of their own.
_INPUT = -3


class Input(NamedTuple):
    """Something from outside: its id, the origin that asks for it, what it is in words, and by which client.

    A task that is started is no client's.
    """

    id: EventId
    origin: int
    what: str
    client: str = ""


def leaving_out(inputs: Iterable[EventId]) -> Callable[[Input], bool] | None:
    """What a strategy says that leaves out these inputs; without any, nobody need be asked."""
    known = frozenset(inputs)
    return (lambda each: each.id in known) if known else None


class Inputs:
    """What comes from outside in one run; nobody is asked unless the strategy leaves something out, or wants to know.

    An input is the n-th of whoever asks for it, whether the others come or not, so that its id stays.
    """

    def __init__(self, strategy: Strategy, trace: Trace) -> None:
        self._leaves_out: Callable[[Input], bool] | None = getattr(strategy, "leaves_out", None)
        self._trace = trace
        self._counts: dict[int, int] = {}
        if self._leaves_out is not None:
            trace.newcomers.append(self._meet)

    def comes(self, loop: Loop, what: str, client: str = "") -> bool:
        """Whether this comes, which somebody in this loop wants to happen."""
        if (left_out := self._left_out(loop, what, client)) is not None:
            self._note(left_out)
        return left_out is None

    def _left_out(self, loop: Loop, what: str, client: str = "") -> EventId | None:
        """The input that this is, if it does not come."""
        if self._leaves_out is None:
            return None
        task = current_task(loop)
        origin = task.key if type(task) is Task else loop.home.origin.key
        self._counts[origin] = count = self._counts.get(origin, 0) + 1
        event = EventId((hash((origin, _INPUT)), count))
        return event if self._leaves_out(Input(event, origin, what, client)) else None

    def _note(self, left_out: EventId) -> None:
        self._trace.note(left_out)
        self._trace.decide(self._trace.step, left_out, LEFT_OUT)

    def _meet(self, context: Context) -> None:
        """Ask about the tasks that this context's tasks start."""
        if not isinstance(context, Program):
            return
        loop = context.loop
        create = loop.create_task

        def create_task(coro: Any, **options: Any) -> Any:
            left_out = self._left_out(loop, _called(coro)) if _is_started(loop, coro) else None
            if left_out is None:
                return create(coro, **options)
            task = create(_instead_of(coro), **options)
            self._note(left_out)  # now that the task has a name
            return task

        loop.create_task = create_task  # type: ignore[method-assign]


def _is_started(loop: Loop, coro: Any) -> bool:
    """Whether a task of the program's starts another one of its own coroutines, which goes on by itself."""
    code = getattr(coro, "cr_code", None)
    # What nobody's task starts is the program itself, or follows from what came.
    if code is None or is_machinery(code.co_filename) or current_task(loop) is None:
        return False
    frame = sys._getframe(2)
    while is_machinery(frame.f_code.co_filename) and frame.f_back is not None:
        if frame.f_code is _WAIT_FOR:
            return False
        frame = frame.f_back
    return True


def _called(coro: Any) -> str:
    return str(getattr(coro, "__qualname__", type(coro).__qualname__))


def _instead_of(coro: Any) -> Any:
    """A coroutine of the same name that does nothing."""
    instead: Any = _nothing()
    instead.__name__, instead.__qualname__ = getattr(coro, "__name__", "nothing"), _called(coro)
    _close(coro)
    return instead


def _close(coro: Any) -> None:
    """Close a coroutine that does not begin, and those that it would have awaited: or they say that nobody did."""
    given = list(coro.cr_frame.f_locals.values())
    coro.close()
    for each in given:
        if inspect.iscoroutine(each) and inspect.getcoroutinestate(each) == inspect.CORO_CREATED:
            _close(each)


async def _nothing() -> None:
    """Do nothing."""
