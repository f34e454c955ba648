"""From a run that failed, however it was found, to a plan of holds that fails in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from detrun.explore.signature import Signature
from detrun.explore.watching import Watching
from detrun.model import Hold, Plan

if TYPE_CHECKING:
    from detrun.explore.trial import Trials
    from detrun.scheduler.strategies.strategy import Strategy

# Holds that had to be given up are taken away, and what is left is tried again, so often.
_PATIENCE = 8


class Extracted(msgspec.Struct, frozen=True):
    """What a run failed of, and the plan of it; none if no plan was found that fails so."""

    signature: Signature | None
    plan: Plan | None


def extracted(trials: Trials, strategy: Strategy, world: Plan) -> Extracted:
    """Run under this strategy, in a world with what this plan says beside its holds, and make a plan of what happened.

    Whatever was overtaken waits for what overtook it last: with the same ids that is the same run again.
    """
    watched = Watching(strategy)
    attempt = trials.attempts(world.level).attempt(watched, entropy=world.entropy, kinds=world.kinds)
    if attempt.signature is None:
        return Extracted(None, None)
    slacks = {"slack": watched.slack, "delay": watched.delay}
    left_out = tuple(sorted(watched.left_out))
    plan = replace(world, holds=watched.holds(), faults=tuple(watched.answers), without=left_out, **slacks)
    return Extracted(attempt.signature, _sound(trials, plan, attempt.signature))


def _sound(trials: Trials, plan: Plan, signature: Signature) -> Plan | None:
    for _ in range(_PATIENCE):
        trial = trials(plan)
        if trial.signature == signature and not trial.released:
            return plan
        if not trial.released:
            return None
        plan = replace(plan, holds=_without(plan.holds, trial.released))
    return None


def _without(holds: tuple[Hold, ...], released: frozenset[Hold]) -> tuple[Hold, ...]:
    return tuple(hold for hold in holds if hold not in released)
