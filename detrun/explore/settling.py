"""What is to be said of a failure that a search found: the smallest plan that has it again, and why it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from detrun.explore.explanation import Explanation
from detrun.explore.finding import found
from detrun.explore.kept import KeptPlan, kept, lasting
from detrun.explore.search import Way
from detrun.explore.trial import Trials
from detrun.model import Failure, Plan
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from detrun.explore.performing import Performer
    from detrun.scheduler.strategies.strategy import Strategy

# How long each failure is made smaller, in seconds; half as long for the words.
SECONDS = 4.0


class Settled(msgspec.Struct):
    """A failure in full. `holds` are those of the plan, by name; `minimal` says that it needs all that is in it.

    `planned` is false if no plan has it again, but only the schedule that showed it. `story` is what its journal tells
    of itself, and `named` what is tried tomorrow.
    """

    way: Way
    plan: Plan
    failure: Failure
    holds: list[tuple[str, str]]
    faults: list[str]
    minimal: bool
    runs: int
    explanation: Explanation | None = None
    planned: bool = True
    journal: str | None = None
    # Why it has no journal, if it has none.
    problem: str | None = None
    # Whether its journal has it, too.
    kept: bool = False
    story: tuple[str, ...] = ()
    named: KeptPlan | None = None


def settled(performer: Performer, way: Way, seconds: float = SECONDS) -> tuple[Settled, Strategy]:
    """The failure once more, told in full, and a strategy that has it again."""
    attempts, schedule = performer.attempts, way.schedule
    strategy, world = performer.strategy(schedule), performer.world(schedule)
    trials = Trials(attempts.at)
    smallest = found(trials, strategy, world, seconds)
    if smallest is None or smallest.signature != way.signature:
        attempt = performer.attempt(schedule)
        failure = _failure(attempt.failure)
        told = Settled(way, world, failure, [], sorted(attempt.faults), minimal=False, runs=1, planned=False)
        return told, performer.strategy(schedule)
    again = attempts.again(smallest.plan)
    named = kept(trials, smallest.plan)
    told = Settled(
        way,
        smallest.plan,
        _failure(again.failure),
        list(named.holds),
        _spoken([name for name, _ in named.faults], sorted(again.faults)),
        minimal=smallest.minimized.minimal,
        runs=smallest.minimized.runs,
        explanation=smallest.explanation,
        story=named.story,
        named=lasting(trials, smallest.plan),
    )
    return told, Holds.of(smallest.plan)


def _spoken(names: list[str], kinds: list[str]) -> list[str]:
    """What went wrong, by name; where only an id is known, and there is but one kind, by that."""
    return [kinds[0] if " at " not in name and len(kinds) == 1 else name for name in names]


def _failure(failure: Failure | None) -> Failure:
    assert failure is not None  # it has a signature
    return failure
