"""A random walk: any event, each as likely as the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.model import SLACK
from detrun.scheduler.draws import Draws

if TYPE_CHECKING:
    from detrun.model import EventId
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine


# One question in so many has an answer that is not boring.
_ODDS = 16


class Random:
    """Draws every answer; the same seed draws the same."""

    def __init__(self, seed: int, slack: int = SLACK) -> None:
        self.slack = slack
        self._below = Draws(seed).below

    def begin(self, engine: Engine) -> None:
        """Nothing to prepare."""

    def choose(self, choices: Choices) -> Event:
        events = choices.events()
        return events[self._below(len(events))]

    def answer(self, step: int, question: EventId, options: int) -> int:
        # Something goes wrong now and then, not always: most of what goes wrong needs something else to go well before.
        return 0 if self._below(_ODDS) else 1 + self._below(options - 1)

    def end(self) -> None:
        """Nothing was promised."""
