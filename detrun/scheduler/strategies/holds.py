"""Holds: this event waits until that one has been delivered, and everything else is the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.scheduler.strategies.strategy import SLACK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from detrun.model import EventId, Hold
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.threads.thread import Thread


class Holds:
    """Takes the oldest event that nothing holds.

    A hold is soft: when everything waits, the oldest goes on, and `released` keeps the hold, which the run then is no
    example of.
    """

    def __init__(self, holds: Iterable[Hold], slack: int = SLACK) -> None:
        self.slack = slack
        self.released: list[Hold] = []
        self._holds = tuple(holds)
        self._delivered: set[EventId] = set()

    def begin(self, engine: Engine) -> None:
        """Learn of what is delivered."""
        engine.trace.observers.append(self._deliver)

    def choose(self, choices: Choices) -> Event:
        for event in choices.events():
            if not any(self._holding(event.id)):
                return event
        event = choices.oldest()
        self._release(event.id)
        return event

    def answer(self, step: int, question: EventId, options: int) -> int:
        return 0

    def end(self) -> None:
        """A hold on what never happened changes nothing."""

    def _holding(self, event: EventId) -> Iterable[Hold]:
        return (hold for hold in self._holds if hold.event == event and hold.until not in self._delivered)

    def _deliver(self, delivery: Delivery | Thread) -> None:
        self._release(delivery.id)
        self._delivered.add(delivery.id)

    def _release(self, event: EventId) -> None:
        self.released += [hold for hold in self._holding(event) if hold not in self.released]
