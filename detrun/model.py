"""The nouns that every package shares: ids, instants, decisions and what became of a run."""

from typing import Any, NewType

import msgspec

Instant = NewType("Instant", int)
"""A point of virtual time, in nanoseconds."""

EventId = NewType("EventId", tuple[int, int])
"""(origin, n): the n-th external operation of that origin. It does not change when other things move."""


def hexadecimal(number: int, digits: int = 16) -> str:
    """A key or a digest, in as many hexadecimal digits as it has."""
    return f"{number & ((1 << 4 * digits) - 1):0{digits}x}"


def spelled(event: EventId) -> str:
    """An id as text."""
    return f"{hexadecimal(event[0])}.{event[1]}"


class Decision(msgspec.Struct, frozen=True):
    """An answer to a choice point that was not the default: at this step, this event, or this answer to a question."""

    step: int
    event: EventId
    answer: int = 0


class Hold(msgspec.Struct, frozen=True):
    """This event waits until that one has been delivered."""

    event: EventId
    until: EventId


class Failure(msgspec.Struct, frozen=True):
    """How the program under test failed; a value, because a search collects many."""

    kind: str
    message: str
    where: str | None = None
    traceback: str = ""


class Run(msgspec.Struct, frozen=True):
    """What became of one run of a program."""

    seed: int
    strategy: str
    outcome: str
    failure: Failure | None
    exit_code: int
    steps: int
    virtual_seconds: float
    wall_seconds: float
    digest: str
    journal: str | None
    decisions: tuple[Decision, ...]
    faults: dict[str, int]
    value: Any = None
    error: BaseException | None = None
    entropy: str = "seeded"

    def result(self) -> Any:
        """What the program returned; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.value
