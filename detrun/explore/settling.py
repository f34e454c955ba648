"""What is to be said of a failure that a search found: a plan that has it again, and what that plan consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from detrun.model import Failure, Hold, Plan
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from detrun.explore.attempt import Attempt
    from detrun.explore.performing import Performer
    from detrun.explore.search import Found
    from detrun.scheduler.strategies.strategy import Strategy


class Settled(msgspec.Struct):
    """A failure in full. `holds` are those of the plan, by name; `minimal` says that it does without nothing of it."""

    found: Found
    plan: Plan
    failure: Failure
    holds: list[tuple[str, str]]
    faults: list[str]
    minimal: bool
    runs: int
    journal: str | None = None


def settled(performer: Performer, found: Found) -> tuple[Settled, Strategy]:
    """The failure once more, told in full, and a strategy that has it again."""
    attempt = performer.attempt(found.schedule, traced=True)
    assert attempt.signature == found.signature  # the same schedule is the same run
    plan = attempt.plan or planned(attempt, performer.attempts.level)
    again = performer.attempts.again(plan, traced=True)
    failure = attempt.failure
    assert failure is not None  # it has a signature
    if again.signature != found.signature:
        # What holds cannot say: the schedule itself still has it.
        strategy = performer.strategy(found.schedule)
        return Settled(found, plan, failure, [], sorted(attempt.faults), minimal=False, runs=1), strategy
    told = Settled(found, plan, failure, _named(again, plan.holds), sorted(again.faults), minimal=False, runs=1)
    told.minimal = len(plan.holds) + len(plan.faults) <= 1 and not again.released
    return told, Holds.of(plan)


def planned(attempt: Attempt, level: int) -> Plan:
    """The plan that a traced attempt amounts to: whatever was overtaken waited for what overtook it."""
    assert attempt.story is not None
    holds = (
        Hold(event, choice.enabled[choice.chosen])
        for choice in attempt.story.choices
        for event in choice.enabled[: choice.chosen]
    )
    slack, delay = attempt.slack, attempt.delay
    return Plan(tuple(dict.fromkeys(holds)), attempt.answers, attempt.kinds, attempt.entropy, level, slack, delay)


def _named(attempt: Attempt, holds: tuple[Hold, ...]) -> list[tuple[str, str]]:
    assert attempt.story is not None
    names = attempt.story.names
    return [(names[hold.event], names[hold.until]) for hold in holds if hold.event in names and hold.until in names]
