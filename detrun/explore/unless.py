"""What fails when nothing is late, and does not always: which orders let it pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from detrun.explore.nearing import sooner
from detrun.explore.reducing import reduced
from detrun.explore.watching import Watching

if TYPE_CHECKING:
    from detrun.explore.budget import Budget
    from detrun.explore.trial import Trials
    from detrun.model import Hold, Plan
    from detrun.scheduler.strategies.strategy import Strategy


def passing(trials: Trials, plan: Plan, strategy: Strategy, budget: Budget) -> Plan | None:
    """The plan with holds with which it passes, as under this strategy, and with none of which it can do without."""
    watched = Watching(strategy)
    budget.runs += 1
    trials.attempts(plan.level).attempt(watched, entropy=plan.entropy, kinds=plan.kinds)
    found = replace(plan, holds=watched.holds(), slack=watched.slack, delay=watched.delay)

    def enough(part: tuple[Hold, ...]) -> tuple[Hold, ...] | None:
        if budget.spent:
            return None
        budget.runs += 1
        trial = trials(replace(found, holds=part))
        if trial.signature is not None or trial.released:
            return None
        return trial.effective(replace(found, holds=part)).holds

    holds = enough(found.holds)
    if not holds:
        return None
    holds = reduced(holds, enough)
    for hold in holds:
        # Until as little as possible: what it waited for last is rarely what matters.
        others = tuple(other for other in holds if other != hold)
        instead = sooner(hold, trials(replace(found, holds=holds)).watched)
        holds = next((less for other in instead if (less := enough((*others, other)))), holds)
    return replace(found, holds=holds)
