"""Performing schedules: each becomes an attempt and a result; the same schedule gives the same, in whatever process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from detrun.explore.foreseeing import Foreseen, Foresight, Noting
from detrun.explore.portfolio import Drawn
from detrun.explore.schedules import Result, Schedule, result_of
from detrun.model import Plan
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.strategy import delay_of

if TYPE_CHECKING:
    from detrun.explore.attempt import Attempt, Attempts
    from detrun.scheduler.strategies.strategy import Strategy


class Performer:
    """Runs schedules of one program. `drawn` has its strategies, once the default schedule told what they need."""

    def __init__(self, attempts: Attempts) -> None:
        self.attempts = attempts
        self.drawn: Drawn | None = None
        # What is known of plans, once the default schedule was run.
        self.foresight = Foresight()
        # How many schedules were not run, because they are others again.
        self.foreseen = 0

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
        return Plan((), (), kinds, schedule.entropy, self.attempts.level, strategy.slack, delay_of(strategy))

    def tell(self, schedule: Schedule) -> tuple[Attempt, Result]:
        """The attempt that a plan is, with its story: what comes later is compared with it."""
        assert schedule.plan is not None
        return self._run(schedule, schedule.plan, self.foresight.of(schedule.plan), traced=True)

    def perform(self, schedule: Schedule) -> Result:
        """What a schedule comes to."""
        strategy, kinds, plan = self._answers(schedule)
        if not isinstance(strategy, Holds) or plan is None or self.drawn is None:
            return result_of(
                schedule, self.attempts.attempt(strategy, entropy=schedule.entropy, kinds=kinds, plan=plan)
            )
        foreseen = self.foresight.of(plan, strategy)
        if foreseen.result is None:
            return self._run(schedule, plan, foreseen)[1]
        self.foreseen += 1
        overtaking = tuple(strategy.overtaking)
        return replace(foreseen.result, number=schedule.number, arm=schedule.arm, plan=plan, overtaking=overtaking)

    def _run(
        self, schedule: Schedule, plan: Plan, foreseen: Foreseen, *, traced: bool = False
    ) -> tuple[Attempt, Result]:
        noting = Noting(plan, foreseen.last)
        attempt = self.attempts.attempt(noting, entropy=plan.entropy, kinds=plan.kinds, traced=traced, plan=plan)
        result = result_of(schedule, attempt)
        self.foresight.learn(plan, foreseen, attempt.path, result)
        return attempt, result

    def _answers(self, schedule: Schedule) -> tuple[Strategy, tuple[str, ...], Plan | None]:
        if schedule.plan is not None:
            return Holds.of(schedule.plan), schedule.plan.kinds, schedule.plan
        assert self.drawn is not None  # the default schedule came first
        return self.drawn.make(schedule.arm, schedule.seed, schedule.base)
