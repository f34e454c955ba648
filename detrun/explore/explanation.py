"""What is said of a failure: values, for people and for tools."""

from __future__ import annotations

import msgspec


class Side(msgspec.Struct, frozen=True):
    """One of the two events of a hold: whom it wakes, where that was parked, and what it had in its hands."""

    event: str
    task: str | None = None
    where: str | None = None
    values: dict[str, str] = {}


class Latency(msgspec.Struct, frozen=True):
    """A natural cause: this message is late by so many seconds, or everything that comes by this link."""

    what: str
    link: bool
    seconds: float


class Flip(msgspec.Struct, frozen=True):
    """Two events whose order makes the difference: the late one waits until the first is over.

    It is `necessary` if the run passes without it, `sufficient` if it fails with this one alone. `after` is what has to
    be over before the first comes, `later` how much later the late one has to be than it could, in seconds. With the
    `latency` in the place of this order it fails as well.
    """

    late: Side
    first: Side
    cause: str
    necessary: bool
    sufficient: bool
    after: str | None
    later: float
    differs: dict[str, tuple[str, str]]
    latency: Latency | None = None


class Order(msgspec.Struct, frozen=True):
    """Two events of which the one comes first, so that it passes."""

    first: Side
    late: Side
    is_turn: bool


class Rate(msgspec.Struct, frozen=True):
    """How many of so many runs failed in this way, and how many in another."""

    runs: int
    failed: int
    otherwise: int = 0


class Twin(msgspec.Struct, frozen=True):
    """The nearest run that passes: the first thing that happened there instead of what happened here."""

    step: int
    here: str
    there: str


class Turn(msgspec.Struct, frozen=True):
    """A task of the program's that begins, goes on or is cancelled: in which step, when, and where it stood."""

    step: int
    seconds: float
    task: str
    where: str
    how: str


class Explanation(msgspec.Struct, frozen=True):
    """Why a run failed, as far as taking orders away and giving them back can tell.

    `inputs` are those that it takes, by name, `left_out` those that it does without; `whole` says whether the same
    orders and faults do it with all of them; `course` is whose turn came when as it failed. What
    fails when nothing is late passes in the orders that `unless` has, if any are known.
    """

    sentence: str
    label: str
    failure: str
    where: str | None
    flips: tuple[Flip, ...]
    faults: tuple[str, ...]
    twin: Twin | None
    around: Rate | None
    draws: Rate | None
    chance: Rate | None
    curve: tuple[tuple[str, float], ...]
    level: int
    possible: str
    inputs: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    whole: bool = True
    course: tuple[Turn, ...] = ()
    unless: tuple[Order, ...] = ()
