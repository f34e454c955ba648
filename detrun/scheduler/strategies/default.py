"""The boring strategy: what plain asyncio would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detrun.model import EventId
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine


class Default:
    """Takes what is oldest, and lets time pass only when nothing else can happen."""

    slack = 0

    def begin(self, engine: Engine) -> None:
        """Nothing to prepare."""

    def choose(self, choices: Choices) -> Event:
        return choices.oldest()

    def answer(self, step: int, question: EventId, options: int) -> int:
        return 0

    def end(self) -> None:
        """Nothing was promised."""
