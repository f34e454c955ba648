"""What a strategy is: it answers choice points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from detrun.model import EventId
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine


class Strategy(Protocol):
    """Answers choice points, and is asked only where there may be more than one event.

    An answer other than the default is a decision, which the engine keeps. One that also has a `delay` wants timers
    offered so far ahead, in nanoseconds, while something is under way and nothing could run: it takes longer than that.
    One with `along` is also asked what comes along in a turn that something has come for.
    One that has `leaves_out` is asked about every input whether it does not come.
    """

    slack: int
    """How far ahead of the clock it wants timers offered, in nanoseconds."""

    def begin(self, engine: Engine) -> None:
        """A run begins."""

    def choose(self, choices: Choices) -> Event:
        """One of the events that `choices` offers."""

    def answer(self, step: int, question: EventId, options: int) -> int:
        """The number of one of so many answers to a question other than what happens next; 0 is the boring one."""

    def end(self) -> None:
        """The program has ended; raise if the run was not the one that was asked for."""


def delay_of(strategy: Strategy) -> int:
    """How far ahead of the clock it wants timers offered while something is under way, and nothing could run."""
    return int(getattr(strategy, "delay", strategy.slack))
