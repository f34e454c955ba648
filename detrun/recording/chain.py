"""The causal chain of an event: the operation it came of, the event in whose wake that was, and so on back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from detrun.recording import replay
from detrun.recording.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.journal.reader import Journal
    from detrun.recording.replaying import Difference
    from detrun.recording.witness import Event


class Link(msgspec.Struct, frozen=True):
    """An event of a chain: when it happened, and in which step and line it was asked for."""

    step: int
    event: str
    asked: int | None
    where: str | None


class Chain(msgspec.Struct, frozen=True):
    """An event and what it follows from, newest first; or where the replay parted before it came to that."""

    links: list[Link]
    difference: Difference | None


def chain(journal: Journal, program: Callable[[], Any], step: int) -> Chain:
    """What the last event up to this step follows from."""
    replay.check_step(journal, step)
    # What happens in this step comes before the turn that follows from it, which is the next one's.
    witness = Witness(step + 1)
    with witness.following():
        replay.compared(journal, program, witness, whole=False)
    past = [event for event in witness.happened if event.step <= step]
    return Chain(_links(past[-1]) if past else [], witness.difference)


def _links(event: Event | None) -> list[Link]:
    found = []
    while event is not None:
        source = event.source
        asked, where = (None, None) if source is None else (source.step, source.where)
        found.append(Link(event.step, event.name, asked, where))
        event = None if source is None else source.cause
    return found
