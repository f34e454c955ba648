"""Running one test on many schedules: what failed before, then the search; a failure is told in full."""

from __future__ import annotations

import inspect
import os
from functools import partial
from typing import TYPE_CHECKING, Any

import _pytest
import pytest

from detrun.errors import Stale, UsageError
from detrun.explore.attempt import Attempts
from detrun.explore.finding import smallest
from detrun.explore.kept import KeptPlan, lasting, resolved
from detrun.explore.performing import Performer
from detrun.explore.search import Bounds, Search
from detrun.explore.settling import SECONDS, Settled, settled
from detrun.explore.telling import told
from detrun.explore.trial import Trials
from detrun.scheduler.catch import install
from detrun.scheduler.endless import bounded
from detrun.scheduler.machinery import leave_out
from detrun.scheduler.network.faults import KINDS
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.holds import Holds
from detrun.testing import plugin
from detrun.testing.output import forget, unseen
from detrun.testing.report import Found, Report
from detrun.testing.saved import Saved
from detrun.testing.values import program

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from detrun.model import Plan
    from detrun.scheduler.strategies.strategy import Strategy
    from detrun.testing.settings import Settings

# What `pytest.fail` and `pytest.raises` raise is raised by the test.
leave_out(os.path.dirname(_pytest.__file__))


class Failed(AssertionError):
    """A test fails on some schedule: the smallest that was found, and why."""

    is_told = True


def check_all(
    function: Callable[..., Awaitable[object]],
    settings: Settings,
    arguments: Sequence[Any],
    given: Mapping[str, Any],
) -> None:
    """Run a test until it fails, or has been tried enough; raise `Failed` if it fails."""
    __tracebackhide__ = True
    report = Report.current()
    values = [*arguments, *given.values()]
    harness = Harness(program(function, arguments, given), settings, partial(forget, values))
    with unseen(plugin.current, values):
        install()
        harness.run_once()
        failed = harness.again(report.plan) if report.plan is not None else harness.search(report)
    if failed is not None:
        with bounded():
            harness.show()
        raise Failed(report.text(failed, verify=settings.verify))


def _found(settled_failure: Settled) -> Found:
    explanation = settled_failure.explanation
    lines = () if explanation is None else tuple(told(explanation))
    return Found(settled_failure.failure, settled_failure.named, lines)


class Harness:
    """One test, and the attempts at it; `clear` is called before each."""

    def __init__(self, main: Callable[[], Awaitable[object]], settings: Settings, clear: Callable[[], None]) -> None:
        self._settings = settings
        self._clear = clear
        # The run that is reported, once more.
        self.show: Callable[[], object] = clear
        # What a test calls that knows that there is nothing to test, or that it fails.
        self._given_up: BaseException | None = None
        kinds = tuple(KINDS) if settings.faults == ("all",) else settings.faults
        self._attempts = Attempts(lambda: self._run(main), level=settings.level, kinds=kinds)
        self._trials = Trials(self._attempts.at)

    def run_once(self) -> None:
        """Run the test as stock asyncio would; a test that gives up is skipped, or known to fail, as it says."""
        self._attempts.attempt(Default())
        if self._given_up is not None:
            raise self._given_up

    def again(self, plan: KeptPlan) -> Found | None:
        """What the test fails of on this schedule, if it does."""
        known = resolved(self._trials, plan)
        trial = self._trials(known)
        if trial.signature is None or trial.attempt.failure is None:
            return None
        found = smallest(self._trials, known, trial.signature, SECONDS)
        self._will_show(found.plan, Holds.of(found.plan))
        return Found(trial.attempt.failure, lasting(self._trials, found.plan), tuple(told(found.explanation)))

    def search(self, report: Report) -> Found | None:
        """What the test fails of: on schedules on which it failed before, or on others."""
        saved = Saved(report.root, report.test)
        for plan in saved.plans():
            if (found := self._still(plan)) is not None:
                report.note(0, found.plan)
                return found
            saved.remove(plan)
        settings, performer = self._settings, Performer(self._attempts)
        bounds = Bounds(runs=settings.runs, seconds=settings.seconds, fixed_entropy=settings.entropy == "fixed")
        search = Search(performer, bounds)
        search.run()
        way = next(iter(search.found.values()), None)
        if way is None:
            report.note(search.schedules)
            return None
        failure, strategy = settled(performer, way, SECONDS)
        self._will_show(failure.plan, strategy)
        if failure.named is not None:
            saved.add(failure.named)
        report.note(search.schedules, failure.named, seed=way.schedule.seed)
        return _found(failure)

    def _will_show(self, plan: Plan, strategy: Strategy) -> None:
        attempts = self._attempts.at(plan.level)
        self.show = partial(attempts.attempt, strategy, entropy=plan.entropy, kinds=plan.kinds)

    def _still(self, plan: KeptPlan) -> Found | None:
        try:
            return self.again(plan)
        except Stale:
            return None

    def _run(self, main: Callable[[], object]) -> Callable[[], Awaitable[object]]:
        async def run() -> object:
            self._clear()
            try:
                answer = main()
                if inspect.isawaitable(answer):
                    return await answer
                self._given_up = UsageError(f"expected an async function to test, got one that gives {answer!r}")
                return None
            except (pytest.skip.Exception, pytest.xfail.Exception) as given_up:
                self._given_up = given_up
                return None

        run.__qualname__ = getattr(main, "__qualname__", "test")
        return run
