"""Minimizing a plan: nothing is left in it that the failure does without. It knows of runs only what they come to.

A plan is only ever replaced by one with fewer parts, or with as many of which one is more ordinary; so nothing grows,
and a plan that was minimized stays as it is. What fails in another way is kept apart: it is another finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from detrun.explore.nearing import later, sooner, turned
from detrun.explore.omitting import Omitting
from detrun.explore.portfolio import FOREVER
from detrun.explore.reducing import reduced
from detrun.explore.signature import Signature
from detrun.explore.singling import single_holds
from detrun.explore.trial import Trial
from detrun.explore.watching import MESSAGE, TURN, Watching
from detrun.explore.weakening import kinds_of, more_harmless, single_faults, weaker
from detrun.model import SLACK, Answer, Hold, Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.explore.budget import Budget

    Levels = tuple[Callable[[Plan], Plan], ...]

# Whoever moves two holds to and fro so often is stopped.
_ROUNDS = 12
_KEPT = 64


class Minimized(msgspec.Struct, frozen=True):
    """What a plan came down to, and what it took; `minimal` is false when the budget ended first."""

    plan: Plan
    runs: int
    seconds: float
    minimal: bool
    slipped: dict[Signature, Plan]


class Minimizer:
    """Makes the plan of one failure smaller; asks for a run of each plan only once."""

    def __init__(self, attempt: Callable[[Plan], Trial], signature: Signature, budget: Budget) -> None:
        self.slipped: dict[Signature, Plan] = {}
        self._attempt = attempt
        self._signature = signature
        self._budget = budget
        # What of a plan was enough, and the last trials: those of long runs are large.
        self._enough: dict[Plan, Plan | None] = {}
        self._trials: dict[Plan, Trial] = {}
        self._best = Plan()
        self._omitting = Omitting(self.trial, self._fails, signature)

    def minimize(self, plan: Plan) -> Minimized:
        """The smallest plan that can be reached from this one, which fails."""
        self._best = plan
        try:
            plan, settled = self._settled(self._fails(replace(plan, holds=ordered(plan.holds))) or plan)
        except KeyboardInterrupt:
            # Whoever has waited long enough gets what there is.
            self._budget.stop()
            plan, settled = self._best, False
        minimal = settled and not self._budget.spent
        return Minimized(plan, self._budget.runs, self._budget.seconds, minimal, self.slipped)

    def _settled(self, plan: Plan) -> tuple[Plan, bool]:
        """What all passes together leave, and whether they find nothing more."""
        inner: Levels = (self._plainer, self._fewer_faults, self._fewer_holds, self._one_hold, self._nearer)
        if self.is_scenario(plan):
            # One by one only when few holds are left: before, each run is longer, and few of them fail.
            omitting = self._omitting
            return self._repeated(
                plan, (self._patient, omitting.fewer_clients, *inner, self._patient, omitting.fewer, self._plainer)
            )
        plan, settled = self._repeated(self._fails(plan.whole) or plan, inner)
        return self._omitting.fewer(plan), settled

    def _repeated(self, plan: Plan, levels: Levels) -> tuple[Plan, bool]:
        for _ in range(_ROUNDS):
            before = plan
            for level in levels:
                plan = level(plan)
            if plan == before:
                return plan, True
            if self._budget.spent:
                break
        return plan, False

    def is_scenario(self, plan: Plan) -> bool:
        """Whether the program plays with an application, and is none by itself."""
        return self._omitting.is_scenario(plan)

    def trial(self, plan: Plan) -> Trial:
        """What a plan comes to."""
        trial = self._trials.pop(plan, None)
        if trial is None:
            self._budget.runs += 1
            trial = self._attempt(plan)
        self._trials[plan] = trial  # the last one to go
        if len(self._trials) > _KEPT:
            del self._trials[next(iter(self._trials))]
        return trial

    def _fails(self, plan: Plan) -> Plan | None:
        """What of this plan is enough for the failure, or nothing if all of it is not."""
        if plan not in self._enough:
            if self._budget.spent:
                return None
            self._enough[plan] = enough = self._enough_of(plan)
            if enough is not None and _size(enough) < _size(self._best):
                self._best = enough
        return self._enough[plan]

    def _enough_of(self, plan: Plan) -> Plan | None:
        trial = self.trial(plan)
        if trial.signature != self._signature:
            self._note(plan, trial)
            return None
        enough = trial.effective(plan)
        if not self._omitting.is_sound(enough):
            return None
        # A hold that was given up had its effect until then: the run without it is another one.
        return self._fails(enough) if trial.released else enough

    def _note(self, plan: Plan, trial: Trial) -> None:
        """Keep another failure, if it is the program's own, and this plan's."""
        # Who lacks an answer because nobody asked fails of that, and who takes too long may have been given too little.
        if trial.signature is None or trial.signature.kind == "limit" or trial.released or plan.without:
            return
        self.slipped.setdefault(trial.signature, trial.effective(plan))

    def _first(self, plan: Plan, others: Iterable[Plan]) -> Plan:
        """The first of these plans that fails, else the one there is."""
        return next((enough for other in others if (enough := self._fails(other)) is not None), plan)

    def _patient(self, plan: Plan) -> Plan:
        """The same with all the time there is for what is under way: else nothing goes that lets it pass."""
        return self._first(plan, [replace(plan, delay=FOREVER)]) if plan.holds else plan

    def _plainer(self, plan: Plan) -> Plan:
        """The same with nothing special about the world: fixed randomness, the lowest level, the usual slack."""
        for change in ({"entropy": 0}, {"level": 1}, {"slack": SLACK, "delay": SLACK}):
            other = replace(plan, **change)
            if other != plan:
                plan = self._first(plan, [other])
        return self._fewer_kinds(plan)

    def _fewer_kinds(self, plan: Plan) -> Plan:
        """The same without kinds of faults of which none happens."""
        if not plan.kinds:
            return plan
        kinds = kinds_of(plan.faults, self.trial(plan).watched)
        return self._first(plan, [replace(plan, kinds=kinds)]) if kinds != plan.kinds else plan

    def _fewer_faults(self, plan: Plan) -> Plan:
        def enough(part: tuple[Answer, ...]) -> tuple[Answer, ...] | None:
            found = self._fails(replace(plan, faults=part))
            return None if found is None else found.faults

        if plan.faults:
            plan = self._fails(replace(plan, faults=reduced(plan.faults, enough))) or plan
        if len(plan.faults) > 1:
            boring = self.trial(replace(plan, faults=())).watched
            singles = single_faults(boring, kinds_of(plan.faults, self.trial(plan).watched))
            plan = self._first(plan, (replace(plan, faults=(fault,)) for fault in singles))
        for place, fault in enumerate(plan.faults):
            plan = self._fewer_kinds(self._first(plan, self._weaker(plan, place, fault)))
        return plan

    def _weaker(self, plan: Plan, place: int, fault: Answer) -> Iterator[Plan]:
        """The plan with less in the place of this fault."""
        before, after = plan.faults[:place], plan.faults[place + 1 :]
        # Kinds that are asked about and never happen change nothing.
        about = self.trial(plan).watched.about.get(fault.question)
        kinds = more_harmless(about.kind) if about is not None else ()
        wider = replace(plan, kinds=tuple(sorted({*plan.kinds, *kinds})))
        without = self.trial(replace(wider, faults=before + after)).watched
        for weaker_fault in weaker(fault, without):
            yield replace(wider, faults=(*before, weaker_fault, *after))

    def _fewer_holds(self, plan: Plan) -> Plan:
        def enough(part: tuple[Hold, ...]) -> tuple[Hold, ...] | None:
            found = self._fails(replace(plan, holds=part))
            return None if found is None else found.holds

        return replace(plan, holds=reduced(plan.holds, enough)) if plan.holds else plan

    def _one_hold(self, plan: Plan) -> Plan:
        """A single hold that does it, and waits for an event, if one of those that suggest themselves does."""
        failed = self.trial(plan).watched
        odd = any(failed.kinds.get(hold.until) == TURN for hold in plan.holds)
        if len(plan.holds) < 2 and not odd:
            return plan
        boring = self.trial(replace(plan, holds=())).watched
        singles = single_holds(failed, boring)
        if len(plan.holds) == 1:
            singles = [hold for hold in singles if _is_plain(hold, failed, boring)]
        return self._first(plan, (replace(plan, holds=(hold,)) for hold in singles))

    def _nearer(self, plan: Plan) -> Plan:
        for hold in plan.holds:
            if hold in plan.holds:
                plan = self._moved(plan, hold)
        return plan

    def _moved(self, plan: Plan, hold: Hold) -> Plan:
        """The plan with another hold in the place of this one, if there is one that holds up less."""
        others = tuple(other for other in plan.holds if other != hold)
        without = self.trial(replace(plan, holds=others)).watched
        failed = self.trial(plan).watched
        for moves in (turned(hold, without), later(hold, without), sooner(hold, failed)):
            moved = self._first(plan, self._instead(plan, others, moves))
            if moved != plan:
                return moved
        return plan

    def _instead(self, plan: Plan, others: tuple[Hold, ...], holds: Iterable[Hold]) -> Iterator[Plan]:
        return (replace(plan, holds=ordered((*others, hold))) for hold in holds if hold not in others)


def _is_plain(hold: Hold, *runs: Watching) -> bool:
    """Whether it is a message that waits for an event."""
    kinds = runs[0].kinds | runs[1].kinds
    return kinds.get(hold.event) == MESSAGE and kinds.get(hold.until, MESSAGE) != TURN


def _size(plan: Plan) -> tuple[int, int]:
    return len(plan.holds) + len(plan.faults), -len(plan.without)


def ordered(holds: Iterable[Hold]) -> tuple[Hold, ...]:
    """Holds in an order that is the same for the same holds."""
    return tuple(sorted(holds, key=lambda hold: (hold.event, hold.until)))
