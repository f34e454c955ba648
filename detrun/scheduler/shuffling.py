"""Callbacks that are ready, in another order than they were queued in: level 3, which stock asyncio never does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from detrun.model import EventId

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.contexts import Context
    from detrun.scheduler.loop import Loop
    from detrun.scheduler.strategies.strategy import Strategy
    from detrun.scheduler.trace import Trace

# From this level on a loop asks whom to call first.
LEVEL = 3
# What makes the origin of these questions of the last event.
_ORDER = -8


def begin(level: int, strategy: Strategy, trace: Trace) -> None:
    """Ask for all loops of a run, if its level says so."""
    if level >= LEVEL:
        trace.newcomers.append(Shuffling(strategy, trace).meet)


class Shuffling:
    """Asks before each iteration of a loop which of the ready callbacks comes first, which second, and so on."""

    def __init__(self, strategy: Strategy, trace: Trace) -> None:
        self._strategy = strategy
        self._trace = trace
        self._last = trace.last
        self._asked = 0

    def meet(self, context: Context) -> None:
        """Ask for this one's loop, too."""
        loop = context.loop
        loop.iterate = partial(self._iterate, loop, loop.iterate)  # type: ignore[method-assign]

    def _iterate(self, loop: Loop, iterate: Callable[[], int]) -> int:
        ready = loop.ready
        for place in range(len(ready) - 1):
            if answer := self._ask(len(ready) - place):
                handle = ready[place + answer]
                del ready[place + answer]
                ready.insert(place, handle)
        return iterate()

    def _ask(self, options: int) -> int:
        trace = self._trace
        if trace.last != self._last:
            self._last, self._asked = trace.last, 0
        self._asked += 1
        question = EventId((hash((self._last, _ORDER)), self._asked))
        answer = self._strategy.answer(trace.step, question, options)
        if answer:
            trace.note(question)
            trace.decide(trace.step, question, answer)
        return answer
