"""Garbage collection at chosen steps, where it would otherwise strike at any allocation.

A collection has effects that a program sees: finalizers run, and a task that nobody holds is gone. So none is left to
chance from a run's first step to its end, what the loop's caller does in between included.
"""

from __future__ import annotations

import gc
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from detrun.model import EventId
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from detrun.scheduler.strategies.strategy import Strategy
    from detrun.scheduler.trace import Trace

# Everything is collected every so many steps: which objects count as young depends on what the process did before.
PERIOD = 50_000
# So many containers more than there were are collected whatever the step, before they fill the memory.
CROWD = 2_000_000
# From this level on the strategy is asked every so many steps whether to collect.
LEVEL = 2
APART = 10
# Of the questions whether to.
ORIGIN = hash((-6,))
# The switch of the process; in a run a program has one of its own.
_real = SimpleNamespace(enable=gc.enable, disable=gc.disable, isenabled=gc.isenabled)


class Collections:
    """When the garbage of one run is collected, always between two steps."""

    def __init__(self, level: int, strategy: Strategy, trace: Trace) -> None:
        # What the program believes of its collector.
        self.enabled = True
        # The step at which to look again, if there is one.
        self.checkpoint = APART if level >= LEVEL else sys.maxsize
        self._strategy = strategy
        self._trace = trace
        self._asked = 0
        self._next = PERIOD
        # What the process made before the run is no reason to collect in it.
        self._crowd = young() + CROWD

    def check(self) -> None:
        """Collect if it is time, or if the strategy wants to."""
        if self._trace.step >= self._next or young() > self._crowd:
            self._collect()
        if self._trace.step >= self.checkpoint:
            self.checkpoint = self._trace.step + APART
            if self._wanted():
                self._collect()

    def switch(self, *, on: bool) -> None:
        """Let the program believe that it turned its collector on or off."""
        self.enabled = on

    def _wanted(self) -> bool:
        self._asked += 1
        step, question = self._trace.step, EventId((ORIGIN, self._asked))
        answer = self._strategy.answer(step, question, 2)
        if answer:
            self._trace.note(question)
            self._trace.decide(step, question, answer)
        return bool(answer)

    def _collect(self) -> None:
        self._next = self._trace.step + PERIOD
        gc.collect()
        self._crowd = CROWD


def catch() -> None:
    """Put a dispatcher at the switch of the collector: what a program did with it would otherwise undo all this."""
    _real.enable = swap.builtin(gc.enable, swap.asked(lambda engine: engine.garbage.switch(on=True)))
    _real.disable = swap.builtin(gc.disable, swap.asked(lambda engine: engine.garbage.switch(on=False)))
    _real.isenabled = swap.builtin(gc.isenabled, swap.asked(lambda engine: engine.garbage.enabled))


def hold_back() -> tuple[bool, list[Any]]:
    """From now on, collect only when a run's `Collections` say so; what the collector was before.

    Who listens to collections from outside (Hypothesis times them) is told of none: it would look at the run's clock.
    """
    before = _real.isenabled(), gc.callbacks[:]
    gc.callbacks.clear()
    _real.disable()
    return before


def restore(enabled: bool, listening: list[Any]) -> None:
    """Leave the collector as it was, whatever a run did to it."""
    gc.callbacks[:] = listening
    if enabled:
        _real.enable()


def tidy() -> None:
    """Collect what is there before a run, so that the run finds nothing but its own."""
    gc.collect()


def freeze() -> None:
    """Let no collection look any more at what there is, garbage included: for a process that makes a run and ends."""
    from detrun.scheduler.catch import install  # noqa: PLC0415  # which needs this module

    # Who puts dispatchers in place looks at everything, and thaws it.
    install()
    gc.freeze()


def young() -> int:
    """How many containers more have been made than dropped since the last collection."""
    return gc.get_count()[0]
