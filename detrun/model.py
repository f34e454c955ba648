"""The nouns that every package shares: ids, instants, decisions and what became of a run."""

import re
from pathlib import Path
from typing import Any, NewType, Self

import msgspec
from msgspec.structs import replace

_SCENARIO = " --scenario "
# Of a file's name, in characters: each may have four bytes, and something is put before and behind.
_LONGEST = 50

Instant = NewType("Instant", int)
"""A point of virtual time, in nanoseconds."""

SLACK = 30_000_000
"""How much longer than it does a turn may take, by default, while anything else could run: 30 ms, in nanoseconds."""

EventId = NewType("EventId", tuple[int, int])
"""(origin, n): the n-th external operation of that origin. It does not change when other things move."""

BEGINNING = EventId((0, 0))
"""What stands before all events, in the place of one."""


def hexadecimal(number: int, digits: int = 16) -> str:
    """A key or a digest, in as many hexadecimal digits as it has."""
    return f"{number & ((1 << 4 * digits) - 1):0{digits}x}"


def signed(digits: str) -> int:
    """The key or digest that has these sixteen digits."""
    return int.from_bytes(bytes.fromhex(digits), "big", signed=True)


def spelled(event: EventId) -> str:
    """An id as text."""
    return f"{hexadecimal(event[0])}.{event[1]}"


class Target(msgspec.Struct, frozen=True):
    """What a target names: a file or module, maybe a function in it, and whose scenario that is, if it is one.

    As text it is what one writes on the command line, so that a path may contain whatever paths contain.
    """

    application: str
    place: str
    function: str | None

    @classmethod
    def of(cls, text: str) -> "Target":
        """The target that is written like this."""
        application, _, program = text.rpartition(_SCENARIO)
        place, colon, function = program.partition(":")
        return cls(application, place, function if colon else None)

    @staticmethod
    def playing(application: str, scenario: str) -> str:
        """What a target is written like that plays a scenario with an application."""
        return f"{application}{_SCENARIO}{scenario}"

    @property
    def words(self) -> list[str]:
        """What to write for it on the command line."""
        program = self.place if self.function is None else f"{self.place}:{self.function}"
        return [self.application, "--scenario", program] if self.application else [program]

    @property
    def file(self) -> Path:
        """The file of the program or scenario, if it is one."""
        return Path(self.place).absolute()

    @property
    def name(self) -> str:
        """What its files are called by: a name that every file system takes, and no hidden one."""
        whole = Path(self.application).resolve().name if self.application else Path(self.place).name
        return re.sub(r"[^\w.]+", "-", whole.removesuffix(".py")).strip("-.")[:_LONGEST] or "program"


ALONG = -1
"""What a decision says in the place of an answer: this event came along in a turn that another one had begun."""


LEFT_OUT = -2
"""The answer to whether an input comes, where it does not."""


class Decision(msgspec.Struct, frozen=True):
    """An answer to a choice point that was not the default: at this step, this event, or this answer to a question.

    What comes along in a turn is asked at a choice point of its own, in a step that had one before: such a decision has
    `ALONG` in the place of an answer.
    The answer about an input is `LEFT_OUT`.
    """

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
    program's randomness, `slack` and `delay` say how far ahead of time timers may be chosen. `without` are the inputs
    that are left out.
    """

    holds: tuple[Hold, ...] = ()
    faults: tuple[Answer, ...] = ()
    kinds: tuple[str, ...] = ()
    entropy: int = 0
    level: int = 1
    slack: int = SLACK
    delay: int = SLACK
    without: tuple[EventId, ...] = ()

    @property
    def whole(self) -> Self:
        """The same with all inputs."""
        return replace(self, without=())


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
