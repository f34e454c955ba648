"""The story of a traced attempt: what happened in it, why, and what else could have happened then."""

from __future__ import annotations

import msgspec

from detrun.model import EventId


class Happening(msgspec.Struct, frozen=True):
    """An event as it happened, and where.

    `goes_on` is true of what strategies alone see as an event: a
    loop that went on with what was ready, where something else could have happened. `alone` is true of what a unit
    takes, which shares its heap with nobody. `chain` is what it is one of in a row, as strategies see it.
    """

    id: EventId
    home: str
    goes_on: bool = False
    alone: bool = False
    chain: int | str = 0


class Choice(msgspec.Struct, frozen=True):
    """A choice point: the events that could happen, the default first, and which of them was chosen.

    `behind` are timers that could come along with one that is among them, whether they ever came or not.
    """

    enabled: tuple[EventId, ...]
    chosen: int
    behind: tuple[EventId, ...] = ()


class Question(msgspec.Struct, frozen=True):
    """Whether something goes wrong, in one of so many ways but one."""

    id: EventId
    options: int


class Story(msgspec.Struct, frozen=True):
    """All happenings in order, all choices in order, and what could have gone wrong.

    Of everything that happened or could have, `causes` has the event in whose wake it was asked for, and `chains` what
    it is one of in a row.
    """

    happenings: tuple[Happening, ...]
    choices: tuple[Choice, ...]
    questions: tuple[Question, ...]
    causes: dict[EventId, EventId]
    chains: dict[EventId, int | str] = {}
