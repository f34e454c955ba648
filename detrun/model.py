"""The nouns that every package shares: ids, instants, decisions and what became of a run."""

from typing import Any, NewType

import msgspec

Instant = NewType("Instant", int)
"""A point of virtual time, in nanoseconds."""

SLACK = 30_000_000
"""How much longer than it does a turn may take, by default, while anything else could run: 30 ms, in nanoseconds."""

EventId = NewType("EventId", tuple[int, int])
"""(origin, n): the n-th external operation of that origin. It does not change when other things move."""


def hexadecimal(number: int, digits: int = 16) -> str:
    """A key or a digest, in as many hexadecimal digits as it has."""
    return f"{number & ((1 << 4 * digits) - 1):0{digits}x}"


def spelled(event: EventId) -> str:
    """An id as text."""
    return f"{hexadecimal(event[0])}.{event[1]}"


def parted(target: str) -> tuple[str, str]:
    """The directory of an application, if the target is a scenario of one, and the program or scenario itself.

    Both stand in one word, with an @ between them.
    """
    application, _, program = target.rpartition("@")
    return application, program


class Decision(msgspec.Struct, frozen=True):
    """An answer to a choice point that was not the default: at this step, this event, or this answer to a question."""

    step: int
    event: EventId
    answer: int = 0


class Hold(msgspec.Struct, frozen=True):
    """This event waits until that one has been delivered."""

    event: EventId
    until: EventId


class Answer(msgspec.Struct, frozen=True):
    """What a question was answered, where that was not 0: something goes wrong, or garbage is collected."""

    question: EventId
    answer: int


class Plan(msgspec.Struct, frozen=True):
    """What it takes to have a run again, and nothing of how it was found.

    What the holds leave open is the default. `kinds` are the faults that may be asked for, `entropy` is the seed of the
    program's randomness, `slack` and `delay` say how far ahead of time timers may be chosen.
    """

    holds: tuple[Hold, ...] = ()
    faults: tuple[Answer, ...] = ()
    kinds: tuple[str, ...] = ()
    entropy: int = 0
    level: int = 1
    slack: int = SLACK
    delay: int = SLACK


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
