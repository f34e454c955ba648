"""Plans in readable names: they are kept in files, people edit them, and code changes under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from detrun.errors import Stale
from detrun.explore.looking import Look, looked
from detrun.explore.nearing import NEVER
from detrun.model import SLACK, Answer, EventId, Hold, Plan

if TYPE_CHECKING:
    from detrun.explore.trial import Trials


# Names that mean something else in each run that follows from them are given up after so many.
_PATIENCE = 8


class KeptPlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """A plan by names: `holds` are pairs of what waits and until what, `faults` of what goes wrong and how.

    `without` are the inputs that are left out.
    """

    holds: tuple[tuple[str, str], ...] = ()
    faults: tuple[tuple[str, int], ...] = ()
    kinds: tuple[str, ...] = ()
    entropy: int = 0
    level: int = 1
    slack: int = SLACK
    delay: int = SLACK
    without: tuple[str, ...] = ()

    @property
    def story(self) -> tuple[str, ...]:
        """What a journal tells of itself: what waits until what, and what is left out."""
        holds = (f"{event} until {until}" for event, until in self.holds)
        return (*holds, *(f"without {name}" for name in self.without))


def kept(trials: Trials, plan: Plan) -> KeptPlan:
    """The plan in the names that its events have in its run."""
    name = looked(trials, plan).names.name
    return KeptPlan(
        holds=tuple((name(hold.event), name(hold.until)) for hold in plan.holds),
        faults=tuple((name(fault.question), fault.answer) for fault in plan.faults),
        kinds=plan.kinds,
        entropy=plan.entropy,
        level=plan.level,
        slack=plan.slack,
        delay=plan.delay,
        without=tuple(map(name, plan.without)),
    )


def lasting(trials: Trials, plan: Plan) -> KeptPlan:
    """The same for what the program is to be tomorrow, which may need what it does without today: all of it comes."""
    return kept(trials, plan.whole if trials(plan.whole).signature == trials(plan).signature else plan)


def resolved(trials: Trials, wanted: KeptPlan) -> Plan:
    """The plan with the ids that its names stand for in the program as it is now; raises `Stale` if one has none.

    What a hold names may be there only because of another hold, or of itself: names are looked up in the run of those
    that are known already, until all are, and what waits for an unknown event waits as long as it can. What is left out
    comes first: without it other things have other names.
    """
    plan = Plan((), (), wanted.kinds, wanted.entropy, wanted.level, wanted.slack, wanted.delay)
    looks: list[Look] = []
    for _ in range(_PATIENCE):
        looks.append(looked(trials, plan))
        known = replace(plan, without=_without(wanted, looks[-1]))
        if known == plan:
            known = replace(plan, holds=_holds(wanted, looks), faults=_faults(wanted, looks[-1]))
        if known == plan:
            break
        plan = known
    for name in (name for hold in wanted.holds for name in hold):
        _check(name, looks)
    for name, _ in wanted.faults:
        _check(name, looks)
    for name in wanted.without:
        if not any(look.knows_input(name) for look in looks):
            raise Stale(name, _nearest(name, looks))
    return plan


def _without(wanted: KeptPlan, look: Look) -> tuple[EventId, ...]:
    found = (look.names.id(name) for name in wanted.without if look.knows_input(name))
    return tuple(sorted(event for event in found if event is not None))


def _holds(wanted: KeptPlan, looks: list[Look]) -> tuple[Hold, ...]:
    # Also of what did not happen yet: it may, once something waits.
    pairs = ((_id(event, looks), _id(until, looks)) for event, until in wanted.holds)
    return tuple(Hold(event, NEVER if until is None else until) for event, until in pairs if event is not None)


def _id(name: str, looks: list[Look]) -> EventId | None:
    """What a name stands for in the last of these runs that has it."""
    return next((event for look in looks[::-1] if (event := look.names.id(name)) is not None), None)


def _faults(wanted: KeptPlan, look: Look) -> tuple[Answer, ...]:
    pairs = ((look.names.id(name), answer) for name, answer in wanted.faults)
    return tuple(Answer(question, answer) for question, answer in pairs if question is not None)


def _check(name: str, looks: list[Look]) -> None:
    if not any(look.knows(name) for look in looks):
        raise Stale(name, _nearest(name, looks))


def _nearest(name: str, looks: list[Look]) -> str | None:
    return next((near for look in looks[::-1] if (near := look.names.nearest(name))), None)
