"""Schedules by number: what each of a search's attempts is to be, and what it came to, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from detrun.explore.signature import Signature  # msgspec reads the types of fields
from detrun.model import EventId, Plan

if TYPE_CHECKING:
    from detrun.explore.attempt import Attempt


class Schedule(msgspec.Struct, frozen=True):
    """One schedule to run: a plan, or an arm of the portfolio with a seed. `base` is what a mutation begins with."""

    number: int
    arm: str
    seed: int = 0
    entropy: int = 0
    plan: Plan | None = None
    base: Plan | None = None


class Result(msgspec.Struct, frozen=True):
    """What a schedule came to; `plan` is there if it was one, and so is what came instead of what waited."""

    number: int
    arm: str
    behaviour: int
    steps: int
    signature: Signature | None
    plan: Plan | None
    faults: tuple[str, ...]
    sometimes: dict[str, bool]
    drew: bool
    overtaking: tuple[EventId, ...] = ()


def result_of(schedule: Schedule, attempt: Attempt) -> Result:
    """What a search needs to know of an attempt."""
    return Result(
        schedule.number,
        schedule.arm,
        attempt.behaviour,
        attempt.steps,
        attempt.signature,
        attempt.plan,
        tuple(attempt.faults),
        attempt.sometimes,
        attempt.drew,
        attempt.overtaking,
    )
