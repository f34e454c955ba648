"""From a run that failed to what is said of it: its plan, minimized, and explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from detrun.explore.budget import Budget
from detrun.explore.explaining import Explaining
from detrun.explore.explanation import Explanation
from detrun.explore.extracting import extracted
from detrun.explore.minimizing import Minimized, Minimizer
from detrun.explore.signature import Signature

if TYPE_CHECKING:
    from detrun.explore.trial import Trials
    from detrun.model import Plan
    from detrun.scheduler.strategies.strategy import Strategy

# Of what there is, so much is for the explanation.
_FOR_WORDS = 0.5


class Found(msgspec.Struct, frozen=True):
    """A failure, the smallest plan for it, and why it fails."""

    signature: Signature
    minimized: Minimized
    explanation: Explanation

    @property
    def plan(self) -> Plan:
        """The smallest plan."""
        return self.minimized.plan


def found(trials: Trials, strategy: Strategy, world: Plan, seconds: float) -> Found | None:
    """What fails under this strategy, minimized and explained; nothing if it does not fail, or not by a plan."""
    known = extracted(trials, strategy, world)
    if known.signature is None or known.plan is None:
        return None
    return smallest(trials, known.plan, known.signature, seconds)


def smallest(trials: Trials, plan: Plan, signature: Signature, seconds: float) -> Found:
    """What fails by this plan, minimized and explained."""
    budget = Budget(seconds)
    minimizer = Minimizer(trials, signature, budget)
    minimized = minimizer.minimize(plan)
    # Who did not want to wait for the one does not want to wait for the other.
    words = Budget(0 if budget.stopped else seconds * _FOR_WORDS)
    explaining = Explaining(trials, minimizer, signature, words)
    return Found(signature, minimized, explaining.explain(minimized.plan))
