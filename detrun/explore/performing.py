"""Performing schedules: each becomes an attempt and a result; the same schedule gives the same, in whatever process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.explore.portfolio import Drawn
from detrun.explore.schedules import Result, Schedule, result_of
from detrun.model import Plan
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from detrun.explore.attempt import Attempt, Attempts
    from detrun.scheduler.strategies.strategy import Strategy


class Performer:
    """Runs schedules of one program. `drawn` has its strategies, once the default schedule told what they need."""

    def __init__(self, attempts: Attempts) -> None:
        self.attempts = attempts
        self.drawn: Drawn | None = None

    def attempt(self, schedule: Schedule, *, traced: bool = False) -> Attempt:
        """The attempt that a schedule is."""
        strategy, kinds, plan = self._answers(schedule)
        return self.attempts.attempt(strategy, entropy=schedule.entropy, kinds=kinds, traced=traced, plan=plan)

    def strategy(self, schedule: Schedule) -> Strategy:
        """What answers for a schedule, for one more run of it."""
        return self._answers(schedule)[0]

    def world(self, schedule: Schedule) -> Plan:
        """What a schedule runs in, as a plan; all of it, if it is one."""
        if schedule.plan is not None:
            return schedule.plan
        strategy, kinds, plan = self._answers(schedule)
        if plan is not None:
            return plan
        delay = int(getattr(strategy, "delay", strategy.slack))
        return Plan((), (), kinds, schedule.entropy, self.attempts.level, strategy.slack, delay)

    def perform(self, schedule: Schedule) -> Result:
        """What a schedule comes to."""
        return result_of(schedule, self.attempt(schedule))

    def _answers(self, schedule: Schedule) -> tuple[Strategy, tuple[str, ...], Plan | None]:
        if schedule.plan is not None:
            return Holds.of(schedule.plan), schedule.plan.kinds, schedule.plan
        assert self.drawn is not None  # the default schedule came first
        return self.drawn.make(schedule.arm, schedule.seed, schedule.base)
