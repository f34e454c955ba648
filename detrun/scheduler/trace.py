"""What has happened in a run: steps, events, operations and decisions, and the digest that they fold into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.model import Decision, EventId

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.handles import Delivery


class Trace:
    """The story so far. It only grows, until it is sealed: what happens after the end of a run is no part of it."""

    def __init__(self) -> None:
        self.step = 0
        # How many callbacks its steps made.
        self.ran = 0
        self.tasks = 0
        self.unnamed = 0
        # The step of the last event.
        self.eventful = 0
        # Folded where operations happen, not by a method: they are on the hot path.
        self.digest = 0
        self.decisions: list[Decision] = []
        self.observers: list[Callable[[Delivery], None]] = []
        self._seal: int | None = None

    def note(self, operation: EventId) -> None:
        """Fold an operation into the digest, with the step in which it was."""
        self.digest = hash((self.digest, self.step, operation))

    def fold(self, drawn: int) -> None:
        """Fold something that the world told the program into the digest."""
        self.digest = hash((self.digest, self.step, drawn))

    def deliver(self, delivery: Delivery) -> None:
        """Note that an event happens, and tell those who observe."""
        self.digest = hash((self.digest, self.step, delivery.id))
        self.eventful = self.step
        delivery.begin()
        for observe in self.observers:
            observe(delivery)

    def decide(self, step: int, event: EventId, answer: int = 0) -> None:
        """Keep an answer that was not the default."""
        self.decisions.append(Decision(step, event, answer))

    def fingerprint(self) -> int:
        """The digest of everything up to now, or to the end of the run."""
        return hash((self.digest, self.step, self.ran)) if self._seal is None else self._seal

    def seal(self, instant: int) -> None:
        """The run ends at this instant: nothing that happens from now on counts."""
        self._seal = hash((self.digest, self.step, self.ran, instant))
