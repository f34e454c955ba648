"""Explaining a minimal plan: each order taken away, each alone, everything else at random, and both sides looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from detrun.explore.around import Around, Prefixed, Without
from detrun.explore.course import course
from detrun.explore.explanation import Explanation, Flip, Latency, Order, Rate, Side, Twin
from detrun.explore.labels import label, of_faults
from detrun.explore.latencies import Late, rounded
from detrun.explore.looking import Look, looked
from detrun.explore.nearing import earlier
from detrun.explore.sentences import ANOTHER_THREAD, LATE_MESSAGE, LONG_TURN, boring, possible, sentence
from detrun.explore.unless import passing
from detrun.explore.watching import MESSAGE, THREAD, TURN
from detrun.model import EventId, Hold, Plan
from detrun.scheduler.clock import SECOND, START
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.random import Random

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.explore.budget import Budget
    from detrun.explore.minimizing import Minimizer
    from detrun.explore.seeing import Wake
    from detrun.explore.signature import Signature
    from detrun.explore.trial import Trials
    from detrun.model import Failure
    from detrun.scheduler.strategies.strategy import Strategy

CAUSES = {MESSAGE: LATE_MESSAGE, TURN: LONG_TURN, THREAD: ANOTHER_THREAD}
# So many runs tell what does not matter, and how likely it is.
RUNS = 100
_SURE = 20
# So many orders at most are said to let something pass.
_FEW = 2
# So many places of the run, and so many runs from each, tell where it became inevitable.
_PLACES, _FROM_EACH = 12, 12


class Explaining:
    """Explains one failure."""

    def __init__(self, trials: Trials, minimizer: Minimizer, signature: Signature, budget: Budget) -> None:
        self._trials = trials
        self._minimizer = minimizer
        self._signature = signature
        self._budget = budget

    def explain(self, plan: Plan) -> Explanation:
        """Why this plan, which is minimal, fails."""
        here = self._look(plan)
        bounds = {hold: self._after(plan, hold, here) for hold in plan.holds}
        flips = tuple(self._flip(plan, hold, here, bounds[hold]) for hold in plan.holds)
        faults = tuple(here.names.name(fault.question) for fault in plan.faults)
        window = _window(plan, bounds)
        failure = self._minimizer.trial(plan).attempt.failure
        assert failure is not None
        around = self._rate(plan, lambda seed: Around(window, seed)) if plan.holds or plan.faults else None
        chance = self._chance(plan.whole)
        is_boring = not plan.holds and not plan.faults
        passes = self._passing(plan.whole) if is_boring and chance.failed + chance.otherwise < chance.runs else None
        unless = () if passes is None else self._orders(passes)
        return Explanation(
            sentence=boring(unless, chance) if is_boring else sentence(flips, faults, around),
            label=self._label(plan, here) if passes is None else self._label_of_passing(passes, here, failure),
            failure=failure.message.splitlines()[0] if failure.message else failure.kind,
            where=failure.where,
            flips=flips,
            faults=faults,
            twin=self._twin(plan, here),
            around=around,
            draws=self._draws(plan),
            chance=chance,
            curve=self._curve(plan, here),
            level=plan.level,
            possible=possible(failure, plan, flips, scenario=self._minimizer.is_scenario(plan)),
            inputs=tuple(map(here.names.name, here.inputs)),
            left_out=tuple(map(here.names.name, plan.without)),
            course=course(here, _events(passes or plan)),
            unless=unless,
            whole=self._minimizer.trial(plan.whole).signature == self._signature,
        )

    def _flip(self, plan: Plan, hold: Hold, here: Look, after: EventId | None) -> Flip:
        others = tuple(other for other in plan.holds if other != hold)
        without, alone = replace(plan, holds=others), replace(plan, holds=(hold,))
        there = self._look(without)
        late, first = there.wake(hold.event) or here.wake(hold.event), here.wake(hold.until)
        if late == first:
            # Of a turn in which nobody has his turn but who came first, there is no more to say.
            late = None
        kind, later = self._minimizer.trial(plan).watched.kinds.get(hold.event, MESSAGE), _later(hold, here, there)
        return Flip(
            late=_side(here, hold.event, late),
            first=_side(here, hold.until, first),
            cause=CAUSES.get(kind, "order"),
            necessary=self._minimizer.trial(without).signature != self._signature,
            sufficient=self._minimizer.trial(alone).signature == self._signature,
            after=None if after is None else here.names.name(after),
            later=later,
            differs=_differences(here, there, hold),
            latency=self._latency(without, hold, later, here) if kind == MESSAGE else None,
        )

    def _latency(self, without: Plan, hold: Hold, later: float, here: Look) -> Latency | None:
        """What may take longer in the place of this order: rather all that comes by a way than one thing."""
        for link in (True, False):
            for late in rounded(later):
                if self._signature_under(without, Late(without, hold.event, late, link=link)) == self._signature:
                    name = here.names.way(hold.event) if link else here.names.name(hold.event)
                    return Latency(name, link, late / SECOND)
        return None

    def _after(self, plan: Plan, hold: Hold, here: Look) -> EventId | None:
        """What has to be over before the first comes: held up longer than that, the failure is gone."""
        others = tuple(other for other in plan.holds if other != hold)
        without = self._minimizer.trial(replace(plan, holds=others)).watched
        for event in (*_turn_before(hold.event, here), *earlier(hold, without)[:_PLACES]):
            if self._budget.spent:
                return None
            trial = self._minimizer.trial(replace(plan, holds=(*others, Hold(event, hold.until))))
            if trial.signature != self._signature or trial.released:
                return event
        return None

    def _label(self, plan: Plan, here: Look) -> str:
        failure = self._minimizer.trial(plan).attempt.failure
        assert failure is not None
        if not plan.holds:
            return of_faults(failure, plan.faults)
        hold = plan.holds[0]
        there = self._look(replace(plan, holds=plan.holds[1:]))
        late = there.wake(hold.event) or here.wake(hold.event)
        return label(failure, late, here.sight(hold.until), here.sights, there.sights)

    def _passing(self, plan: Plan) -> Plan | None:
        """What lets it pass that fails when nothing is late, if anything does."""
        for seed in range(_SURE):
            if self._budget.spent:
                break
            walk = Random(seed, plan.slack, delay=plan.delay, along=True)
            found = passing(self._trials, plan, walk, self._budget)
            # What takes more is no explanation.
            if found is not None and len(found.holds) <= _FEW:
                return found
        return None

    def _orders(self, passes: Plan) -> tuple[Order, ...]:
        there, kinds = self._look(passes), self._minimizer.trial(passes).watched.kinds
        return tuple(
            Order(
                first=_side(there, hold.until, there.wake(hold.until)),
                late=_side(there, hold.event, there.wake(hold.event)),
                is_turn=kinds.get(hold.event) == TURN,
            )
            for hold in passes.holds
        )

    def _label_of_passing(self, passes: Plan, here: Look, failure: Failure) -> str:
        """The kind of what fails because nothing waits: here that comes first which is late where it passes."""
        hold, there = passes.holds[0], self._look(passes)
        return label(failure, there.wake(hold.until), here.sight(hold.event), here.sights, there.sights)

    def _twin(self, plan: Plan, here: Look) -> Twin | None:
        if not plan.holds:
            return None
        there = self._look(replace(plan, holds=plan.holds[:-1]))
        for ours, theirs in zip(here.sights, there.sights, strict=False):
            if ours.id != theirs.id:
                return Twin(ours.step, ours.name, theirs.name)
        return None

    def _rate(self, plan: Plan, strategy: Callable[[int], Strategy], *, often: int = RUNS) -> Rate:
        """How many fail under these strategies; no more are tried once so many did, and none did not."""
        runs = failed = otherwise = 0
        # What fails always need not be tried so often.
        most = RUNS if plan.holds or plan.faults else _SURE
        for number in range(most):
            if self._budget.spent:
                break
            tried = strategy(number)
            signature = self._signature_under(plan, tried)
            if self._budget.stopped:
                break
            # One in which something else kept the orders from being as they are says nothing of them.
            if isinstance(tried, Around) and not tried.kept:
                continue
            runs += 1
            failed += signature == self._signature
            otherwise += signature not in {None, self._signature}
            if failed == runs == often:
                break
        return Rate(runs, failed, otherwise)

    def _chance(self, plan: Plan) -> Rate:
        """How many fail of the random walks through all that a run of the plan has to choose from."""
        return self._rate(plan, lambda seed: Random(seed, plan.slack, delay=plan.delay, along=True), often=_SURE)

    def _draws(self, plan: Plan) -> Rate | None:
        """How many fail in which the program draws other random numbers, if it draws any."""
        if not self._minimizer.trial(plan).attempt.drew:
            return None
        signatures = []
        for entropy in range(plan.entropy + 1, plan.entropy + 1 + _SURE):
            if self._budget.spent:
                break
            signatures.append(self._signature_under(replace(plan, entropy=entropy), Holds.of(plan)))
        failed = signatures.count(self._signature)
        return Rate(len(signatures), failed, len(signatures) - failed - signatures.count(None))

    def _curve(self, plan: Plan, here: Look) -> tuple[tuple[str, float], ...]:
        """How likely the failure is once so much of the run has happened."""
        if not (plan.holds or plan.faults):
            return ()
        decisions = self._minimizer.trial(plan).attempt.decisions
        places = here.sights[:: max(len(here.sights) // _PLACES, 1)]
        curve = []
        for sight in places:
            prefixed = (Prefixed(decisions, sight.step + 1, seed, plan) for seed in range(_FROM_EACH))
            failed = sum(self._signature_under(plan, each) is not None for each in prefixed)
            if self._budget.spent:
                return ()
            curve.append((sight.name, failed / _FROM_EACH))
        return tuple(curve)

    def _signature_under(self, plan: Plan, strategy: Strategy) -> Signature | None:
        """What it fails of under this strategy, if it does."""
        if self._budget.spent:
            return None
        self._budget.runs += 1
        attempts = self._trials.attempts(plan.level)
        if plan.without:
            strategy = Without(strategy, plan.without)
        try:
            return attempts.attempt(strategy, entropy=plan.entropy, kinds=plan.kinds).signature
        except KeyboardInterrupt:
            self._budget.stop()
            return None

    def _look(self, plan: Plan) -> Look:
        return looked(self._trials, plan)


def _side(here: Look, event: EventId, wake: Wake | None) -> Side:
    name = here.names.name(event)
    return Side(name) if wake is None else Side(name, wake.task, wake.places[-1], wake.values)


def _turn_before(turn: EventId, here: Look) -> list[EventId]:
    """The one before it, if it is a turn, and not the first after something."""
    return [EventId((turn[0], turn[1] - 1))] if here.names.before(turn) is not None and turn[1] > 1 else []


def _events(plan: Plan) -> list[EventId]:
    return [event for hold in plan.holds for event in (hold.until, hold.event)]


def _window(plan: Plan, bounds: dict[Hold, EventId | None]) -> Plan:
    """The plan with both ends of each order: nothing comes too early, either."""
    early = (Hold(hold.until, after) for hold, after in bounds.items() if after is not None)
    return replace(plan, holds=(*plan.holds, *early))


def _later(hold: Hold, here: Look, there: Look) -> float:
    """How much later, in seconds, the one comes that waits than it could have."""
    first, due = here.sight(hold.until), there.sight(hold.event)
    if first is None:
        return 0.0
    if due is not None:
        return max(first.instant - due.instant, 0) / SECOND
    last = here.names.before(hold.event)
    if last is None:
        return 0.0
    # What nobody saw happen, and turns are counted from, is the beginning.
    begin = here.sight(last)
    return max(first.instant - (START if begin is None else begin.instant), 0) / SECOND


def _differences(here: Look, there: Look, hold: Hold) -> dict[str, tuple[str, str]]:
    """What the first one had in its hands here, and would have had if it had come second."""
    ours, theirs = here.wake(hold.until), there.wake(hold.until)
    if ours is None or theirs is None or ours.places != theirs.places:
        return {}
    return {
        name: (value, theirs.values[name])
        for name, value in ours.values.items()
        if name in theirs.values and theirs.values[name] != value
    }
