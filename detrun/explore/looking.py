"""A close look at the run of a plan: all that happened in it by name, and whom it woke."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from detrun.explore.naming import Names
from detrun.explore.seeing import Seeing, Sight, Wake
from detrun.model import EventId
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from detrun.explore.trial import Trials
    from detrun.model import Plan


class Look(msgspec.Struct, frozen=True):
    """What was seen of a run."""

    names: Names
    sights: list[Sight]
    offered: frozenset[EventId]
    asked: frozenset[EventId]

    def sight(self, event: EventId) -> Sight | None:
        """The event, if it happened."""
        return next((sight for sight in self.sights if sight.id == event), None)

    def id(self, name: str) -> EventId | None:
        """The event of this name, if it happened or could have."""
        event = self.names.id(name)
        return event if event in self.offered else None

    def knows(self, name: str) -> bool:
        """Whether something of this name happened, or could have, or was asked."""
        event = self.names.id(name)
        return event in self.offered or event in self.asked

    def wake(self, event: EventId) -> Wake | None:
        """Whom an event woke, or who had the turn that it is."""
        sight = self.sight(event)
        if sight is not None:
            return sight.wake
        last = self.names.before(event)
        if last is None:
            return None
        begin = next((sight.step for sight in self.sights if sight.id == last), 0)
        wakes = [wake for sight in self.sights for wake in sight.wakes if wake.places]
        return next((wake for wake in wakes if wake.step == begin + event[1]), None)


def looked(trials: Trials, plan: Plan) -> Look:
    """Run a plan under close look."""
    names = Names()
    seeing = Seeing(Holds.of(plan), names)
    with names.given(), seeing.following():
        trials.attempts(plan.level).attempt(seeing, entropy=plan.entropy, kinds=plan.kinds)
    return Look(names, seeing.sights, frozenset(seeing.kinds), frozenset(seeing.asked))
