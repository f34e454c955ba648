"""What comes along: a selector that was asked late gives all that came meanwhile, and the timers due by then besides.

By default nothing does: what comes next has a turn of its own. Only strategies that say so are asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from detrun.model import EventId
from detrun.scheduler.choices import Continue
from detrun.scheduler.handles import TimerHandle

if TYPE_CHECKING:
    from detrun.scheduler.choices import Choices
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.loop import Loop

# The last event and how long ago that was, when it is, whether the loop could go on, and whether anything could.
Before: TypeAlias = tuple[EventId, int, int, bool, bool]


class Along:
    """Asks, once something has come for a turn of a loop, whether more comes before it begins.

    The order is that of CPython's loop: arrivals in any order, then timers by deadline.
    """

    def __init__(self, engine: Engine, choices: Choices) -> None:
        self._engine = engine
        self._choices = choices

    def before(self, loop: Loop) -> Before:
        """How it stands before something comes. Most often that is no event, so that nothing is made of this yet."""
        engine = self._engine
        trace, ready = engine.trace, bool(loop.ready)
        return trace.last, trace.step + 1 - trace.eventful, engine.clock.now, ready, ready or bool(engine.baton.ready)

    def come(self, loop: Loop, before: Before) -> None:
        """Something has come for a turn: let come along what is chosen."""
        engine, choices = self._engine, self._choices
        last, since, now, ready, busy = before
        # What needs nothing to begin has a name already.
        choices.turns = [Continue(loop.home, last, since)] if ready else []
        # Within the same bounds as what comes first: the turn before took that long, or what arrived did.
        limit = choices.limit(now, busy=busy)
        timely = True
        while True:
            late = isinstance(loop.ready[-1], TimerHandle)
            if late and timely and not busy:
                # Nothing made the selector wait but this timer: it woke up that much too late.
                limit = engine.clock.now + choices.slack
            timely = not late
            if not choices.offer_along(loop.home, limit, late=late):
                return
            event = choices.asked()
            if isinstance(event, Continue):
                return
            engine.happen(event)
            loop.selector.select()
            engine.clock.fall_due()
