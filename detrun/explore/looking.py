"""A close look at the run of a plan: all that happened in it by name, and whom it woke."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from detrun.explore.names import Names
from detrun.explore.nearing import NEVER
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
    steps: int
    # What came from outside, in order, and what was left out of it.
    inputs: tuple[EventId, ...] = ()
    left_out: tuple[EventId, ...] = ()

    def sight(self, event: EventId) -> Sight | None:
        """The event, if it happened."""
        return next((sight for sight in self.sights if sight.id == event), None)

    def knows(self, name: str) -> bool:
        """Whether something of this name happened, or could have, or was asked."""
        event = self.names.id(name)
        return event == NEVER or (
            event is not None and (event in self.offered or event in self.asked or self._passed(event))
        )

    def knows_input(self, name: str) -> bool:
        """Whether there is an input of this name, left out or not."""
        event = self.names.id(name)
        return event in self.inputs or event in self.left_out

    def _passed(self, turn: EventId) -> bool:
        """Whether a turn passed that nothing could have come before, so that nobody was asked."""
        last = self.names.before(turn)
        if last is None:
            return False
        steps = [sight.step for sight in self.sights]
        begin = next((sight.step for sight in self.sights if sight.id == last), 0)
        end = next((step for step in steps if step > begin), self.steps)
        return begin + turn[1] <= end

    def wake(self, event: EventId) -> Wake | None:
        """Whom an event woke, or who had the turn that it is, or whose turn was the next."""
        sight = self.sight(event)
        if sight is not None:
            return sight.wake
        last = self.names.before(event)
        if last is None:
            return None
        begin = next((sight.step for sight in self.sights if sight.id == last), 0)
        turn = begin + event[1]
        known = [wake for sight in self.sights if sight.step < turn for wake in sight.wakes if wake.places]
        return min((wake for wake in known if wake.step >= turn), key=lambda wake: wake.step, default=None)


def looked(trials: Trials, plan: Plan) -> Look:
    """Run a plan under close look."""
    seeing = Seeing(Holds.of(plan))
    with seeing.following():
        attempt = trials.attempts(plan.level).attempt(seeing, entropy=plan.entropy, kinds=plan.kinds)
    inputs = tuple(each.id for each in seeing.inputs)
    return Look(
        seeing.names,
        seeing.sights,
        frozenset(seeing.kinds),
        frozenset(seeing.asked),
        attempt.steps,
        inputs,
        tuple(seeing.left_out),
    )
