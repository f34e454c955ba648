"""Trials: runs of plans, each watched, and what of its plan it really needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from detrun.explore.watching import Watching
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.explore.attempt import Attempt, Attempts
    from detrun.explore.signature import Signature
    from detrun.model import Hold, Plan


class Trial(NamedTuple):
    """What a plan came to. A hold was used if something overtook another because of it."""

    attempt: Attempt
    watched: Watching
    used: frozenset[Hold]
    released: frozenset[Hold]

    @property
    def signature(self) -> Signature | None:
        """What it failed of, if it did."""
        return self.attempt.signature

    def effective(self, plan: Plan) -> Plan:
        """What of the plan had an effect, and did not have to be given up: without the rest it is the same run."""
        asked = {answer.question for answer in self.watched.answers}
        return replace(
            plan,
            holds=tuple(hold for hold in plan.holds if hold in self.used and hold not in self.released),
            faults=tuple(answer for answer in plan.faults if answer.question in asked),
            # Who leaves out a task leaves out what that would have asked for.
            without=tuple(sorted(self.watched.left_out)),
        )


class Trials:
    """Makes trials of one program, whatever the level of the plan."""

    def __init__(self, at: Callable[[int], Attempts]) -> None:
        self._at = at
        self._attempts: dict[int, Attempts] = {}

    def __call__(self, plan: Plan) -> Trial:
        """Run what a plan describes."""
        holds = Holds.of(plan)
        watched = Watching(holds)
        attempt = self.attempts(plan.level).attempt(watched, entropy=plan.entropy, kinds=plan.kinds, plan=plan)
        return Trial(attempt, watched, frozenset(holds.used), frozenset(holds.released))

    def attempts(self, level: int) -> Attempts:
        """What makes attempts at this level."""
        if level not in self._attempts:
            self._attempts[level] = self._at(level)
        return self._attempts[level]
