"""What a run tells whoever writes it down, or compares it with an earlier one; it does not know which of the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from detrun.errors import RunError
    from detrun.model import Decision, EventId
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.threads.thread import Thread


class Record(Protocol):
    """Learns what happens in a run before it has its effect; raises if the run must not go on."""

    def begin(self, engine: Engine) -> None:
        """A run begins."""

    def happens(self, event: Delivery | Thread) -> None:
        """An event is about to happen."""

    def sent(self, step: int, event: EventId, name: str, payload: bytes, digest: int) -> None:
        """A message from one context to another is on its way; the digest is its CRC."""

    def moved(self, generation: int, phase: int, name: str, sources: Mapping[str, bytes], reason: str) -> None:
        """A generation of an application has come so far."""

    def decided(self, decision: Decision) -> None:
        """A choice point was answered otherwise than by default."""

    def mark(self, digest: int) -> None:
        """A step is over, and this is the digest of everything up to here."""

    def full(self) -> RunError | None:
        """What ends the run here, if no more is to be written down."""

    def checked(self) -> None:
        """Some steps are over: it is time to let go of what was kept back."""
