"""The story of a traced attempt: what happened in it, why, and what else could have happened then."""

from __future__ import annotations

import msgspec

from detrun.model import EventId

# What stands before everything else: the cause of what the program does by itself.
BEGINNING = EventId((0, 0))


class Happening(msgspec.Struct, frozen=True):
    """An event as it happened: its name, where, in which step, at which instant, in which it was asked for, and why.

    The cause is the event in whose wake it was asked for. `goes_on` is true of what strategies alone see as an event: a
    loop that went on with what was ready, where something else could have happened. `alone` is true of what a unit
    takes, which shares its heap with nobody. `chain` is what it is one of in a row, as strategies see it.
    """

    id: EventId
    name: str
    home: str
    step: int
    instant: int
    cause: EventId
    asked: int
    goes_on: bool = False
    alone: bool = False
    chain: int | str = 0


class Choice(msgspec.Struct, frozen=True):
    """A choice point: the step, the events that could happen, the default first, and which of them was chosen."""

    step: int
    enabled: tuple[EventId, ...]
    chosen: int


class Question(msgspec.Struct, frozen=True):
    """Something that could have gone wrong in this step: a fault of this kind, in one of so many ways."""

    id: EventId
    step: int
    options: int
    answer: int


class Story(msgspec.Struct, frozen=True):
    """All happenings in order, all choices in order, and who is who.

    `names` has everything that happened or could have, `chains` what each is one of in a row; `causes` and `asked` the
    event in whose wake, and the step in which, each was asked for.
    """

    happenings: tuple[Happening, ...]
    choices: tuple[Choice, ...]
    questions: tuple[Question, ...]
    names: dict[EventId, str]
    homes: dict[EventId, str]
    causes: dict[EventId, EventId]
    asked: dict[EventId, int]
    chains: dict[EventId, int | str] = {}

    def follows(self, event: EventId, other: EventId) -> bool:
        """Whether an event was asked for in the wake of another, or of what followed from that."""
        seen = 0
        while event != BEGINNING and seen <= len(self.causes):
            event = self.causes.get(event, BEGINNING)
            if event == other:
                return True
            seen += 1
        return False
