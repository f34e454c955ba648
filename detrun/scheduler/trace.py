"""What has happened in a run: steps, events, operations and decisions, and the digest that they fold into."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from zlib import crc32

from detrun.errors import RunError
from detrun.model import BEGINNING, Decision, EventId

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.errors import RunError
    from detrun.scheduler.contexts import Context
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.record import Record
    from detrun.scheduler.threads.thread import Thread


class Trace:
    """The story so far. It only grows, until it is sealed: what happens after the end of a run is no part of it."""

    def __init__(self, record: Record | None = None) -> None:
        self.record = record
        # Told the digest after each iteration, if somebody keeps it.
        self.mark = None if record is None else record.mark
        self.step = 0
        # How many callbacks its steps made.
        self.ran = 0
        self.tasks = 0
        self.unnamed = 0
        # The last event, and its step.
        self.last = BEGINNING
        self.eventful = 0
        # Folded where operations happen, not by a method: they are on the hot path.
        self.digest = 0
        self.decisions: list[Decision] = []
        self.observers: list[Callable[[Delivery | Thread], None]] = []
        # Told of each context that is made.
        self.newcomers: list[Callable[[Context], None]] = []
        self._seal: int | None = None

    def note(self, operation: EventId) -> None:
        """Fold an operation into the digest, with the step in which it was."""
        self.digest = hash((self.digest, self.step, operation))

    def send(self, event: EventId, name: str, payload: bytes) -> None:
        """Fold a message between contexts into the digest, with what it says; it is on its way from now on."""
        digest = crc32(payload)
        self.digest = hash((self.digest, self.step, event, digest))
        if self.record is not None:
            self.record.sent(self.step, event, name, payload, digest)

    def fold(self, drawn: int) -> None:
        """Fold something that the world told the program into the digest."""
        self.digest = hash((self.digest, self.step, drawn))

    def deliver(self, delivery: Delivery | Thread) -> None:
        """Note that an event happens, and tell those who observe."""
        self.last = event = delivery.id
        self.digest = hash((self.digest, self.step, event))
        self.eventful = self.step
        if not delivery.path:
            delivery.begin()  # which what comes by a channel need not
        for observe in self.observers:
            observe(delivery)

    def count_turn(self) -> None:
        """Note a step that makes a single call, and is no context's turn."""
        self.step += 1
        self.ran += 1

    def decide(self, step: int, event: EventId, answer: int = 0) -> None:
        """Keep an answer that was not the default."""
        decision = Decision(step, event, answer)
        self.decisions.append(decision)
        if self.record is not None:
            self.record.decided(decision)

    def check(self) -> None:
        """Some steps are over: whoever writes them down may do so now."""
        if self.record is not None:
            self.record.checked()

    def full(self) -> RunError | None:
        """What ends the run because nothing more can be written down, or because nothing more was."""
        return None if self.record is None else self.record.full()

    def fingerprint(self) -> int:
        """The digest of everything up to now, or to the end of the run."""
        return hash((self.digest, self.step, self.ran)) if self._seal is None else self._seal

    def seal(self, instant: int) -> None:
        """The run ends at this instant: nothing that happens from now on counts."""
        if self.record is not None:
            with suppress(RunError):  # it ends anyway, and is not to seem to have ended by this
                self.check()
            self.record = self.mark = None
        if self._seal is None:
            self._seal = hash((self.digest, self.step, self.ran, instant))

    def forget(self) -> None:
        """Let whoever writes it down hear no more."""
        if self.record is not None:
            self.observers.remove(self.record.happens)
        self.record = self.mark = None
