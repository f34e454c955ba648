"""Leaving inputs out of a failing run: clients and tasks, then one by one, as long as it fails for the same reason.

A scenario says what it expects of what it asks for. Without that it fails, too, and by the same line: so what is left
has to pass when nothing is late and nothing goes wrong, as all of it did. And the whole program has to fail by the same
plan: what can be left out is what does not matter, but whoever mends the program may come to need it. A plain program's
tasks are its own, and nobody outside could keep them from it: there the plan of the whole is found first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from detrun.explore.reducing import reduced
from detrun.scheduler.inputs import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.explore.signature import Signature
    from detrun.explore.trial import Trial
    from detrun.model import EventId, Plan
    from detrun.scheduler.inputs import Input

Group = tuple["EventId", ...]
# The context in which a scenario runs.
MAIN = "main"


class Omitting:
    """Finds out what a failure does without. `fails` says what of a plan is enough for it, if it fails so."""

    def __init__(
        self, trial: Callable[[Plan], Trial], fails: Callable[[Plan], Plan | None], signature: Signature
    ) -> None:
        self._trial = trial
        self._fails = fails
        self._signature = signature
        self._boring: dict[Plan, Signature | None] = {}

    def fewer_clients(self, plan: Plan) -> Plan:
        """The plan without whatever clients and tasks can be left out as a whole."""
        return self._fewer(plan, (_clients, _tasks))

    def fewer(self, plan: Plan) -> Plan:
        """The plan without whatever can be left out."""
        return self._fewer(plan, (_clients, _tasks, _steps, _each))

    def _fewer(self, plan: Plan, groupings: Sequence[Callable[[Sequence[Input]], list[Group]]]) -> Plan:
        """The plan without what can go of these groups.

        A failure that is always there keeps all that it has, unless it is a worker that fails, whatever is expected.
        """
        if self._is_always(plan) and not self._is_a_workers():
            return plan
        for groups in groupings:
            plan = self._without_some(plan, groups(self._trial(plan).watched.inputs))
        return plan

    def is_sound(self, plan: Plan) -> bool:
        """Whether what is left is a program that fails by what the plan says, and not by what it misses."""
        if not plan.without:
            return True
        whole = plan.whole
        if self._is_always(whole):
            return self._is_a_workers() and self._message(plan) == self._message(_boring(whole))
        if self._when_boring(plan) not in {None, self._when_boring(whole)}:
            return False
        trial = self._trial(whole)
        return trial.signature == self._signature and not trial.released

    def _without_some(self, plan: Plan, groups: Sequence[Group]) -> Plan:
        """The plan without as many of these groups as can go."""
        best = plan

        def enough(part: tuple[Group, ...]) -> Sequence[Group] | None:
            nonlocal best
            kept = {each for group in part for each in group}
            gone = {each for group in groups for each in group if each not in kept}
            found = self._fails(replace(best, without=tuple(sorted({*plan.without, *gone}))))
            if found is None:
                return None
            best = found
            there = {each.id for each in self._trial(found).watched.inputs}
            return [group for group in part if not there.isdisjoint(group)]

        reduced(groups, enough)
        return best

    def is_scenario(self, plan: Plan) -> bool:
        """Whether clients ask an application for something."""
        return any(each.client for each in self._trial(_boring(plan.whole)).watched.inputs)

    def _is_always(self, plan: Plan) -> bool:
        """Whether the failure is there when all comes, nothing is late, and nothing goes wrong."""
        return self._when_boring(plan.whole) == self._signature

    def _is_a_workers(self) -> bool:
        return self._signature.kind != "stuck" and bool({*self._signature.contexts} - {MAIN})

    def _message(self, plan: Plan) -> str:
        failure = self._trial(plan).attempt.failure
        return "" if failure is None else failure.message

    def _when_boring(self, plan: Plan) -> Signature | None:
        boring = _boring(plan)
        if boring not in self._boring:
            self._boring[boring] = self._trial(boring).signature
        return self._boring[boring]


def _boring(plan: Plan) -> Plan:
    """The plan with nothing late and nothing wrong."""
    return replace(plan, holds=(), faults=())


def _clients(inputs: Sequence[Input]) -> list[Group]:
    """What each client asks for."""
    steps = {group[-1]: group for group in _steps(inputs)}
    asked: dict[str, Group] = {}
    for each in inputs:
        if each.client and each.id in steps:
            asked[each.client] = (*asked.get(each.client, ()), *steps[each.id])
    return list(asked.values())


def _tasks(inputs: Sequence[Input]) -> list[Group]:
    return [(each.id,) for each in inputs if not each.client]


def _steps(inputs: Sequence[Input]) -> list[Group]:
    """Whatever is asked for, with the pause before it.

    A pause is for what comes after it: without it alone, what takes its time would be expected at once.
    """
    pauses: dict[int, Group] = {}
    steps = []
    for each in inputs:
        before = pauses.pop(each.origin, ())
        if each.what == PAUSE:
            pauses[each.origin] = (*before, each.id)
        else:
            steps.append((*before, each.id))
    return steps


def _each(inputs: Sequence[Input]) -> list[Group]:
    return [(each.id,) for each in inputs if each.what != PAUSE]
