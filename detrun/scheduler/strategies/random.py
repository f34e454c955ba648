"""A random walk: any event, each as likely as the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.model import SLACK
from detrun.scheduler.draws import Draws
from detrun.scheduler.strategies.drawing import ODDS

if TYPE_CHECKING:
    from detrun.model import EventId
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine


class Random:
    """Draws every answer; the same seed draws the same."""

    def __init__(
        self, seed: int, slack: int = SLACK, *, delay: int | None = None, along: bool = False, odds: int = ODDS
    ) -> None:
        self.slack = slack
        self.delay = slack if delay is None else delay
        self.along = along
        self._odds = odds
        self._below = Draws(seed).below

    def begin(self, engine: Engine) -> None:
        """Nothing to prepare."""

    def choose(self, choices: Choices) -> Event:
        events = choices.events()
        return events[self._below(len(events))]

    def answer(self, step: int, question: EventId, options: int) -> int:
        # Something goes wrong now and then, not always: most of what goes wrong needs something else to go well before.
        return 0 if self._below(self._odds) else 1 + self._below(options - 1)

    def end(self) -> None:
        """Nothing was promised."""
