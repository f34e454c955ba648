"""What comes along: a selector that was asked late gives all that came meanwhile, and the timers due by then besides.

By default nothing does: what comes next has a turn of its own. Only strategies that say so are asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.scheduler.choices import Continue
from detrun.scheduler.handles import TimerHandle

if TYPE_CHECKING:
    from detrun.scheduler.choices import Choices
    from detrun.scheduler.contexts import Context
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.loop import Loop


class Along:
    """Asks, once something has come for a turn of a loop, whether more comes before it begins.

    The order is that of CPython's loop: arrivals in any order, then timers by deadline.
    """

    def __init__(self, engine: Engine, choices: Choices) -> None:
        self._engine = engine
        self._choices = choices
        # How it stood before something came: the last event and how long ago, whether anything could go on, and when.
        self._last, self._since = engine.trace.last, 0
        self._ready = self._busy = False
        self._now = 0

    def begin(self, home: Context) -> None:
        """Something comes next. Most often that is no event, so that nothing is made of this yet."""
        engine = self._engine
        trace = engine.trace
        self._last, self._since, self._now = trace.last, trace.step + 1 - trace.eventful, engine.clock.now
        self._ready = bool(home.loop.ready)
        self._busy = self._ready or bool(engine.baton.ready)

    def come(self, loop: Loop) -> None:
        """Let come along what is chosen; nothing does where a loop goes on for which nothing has come."""
        engine, choices = self._engine, self._choices
        if engine.trace.last is self._last:
            return
        # What needs nothing to begin has a name already.
        choices.turns = [Continue(loop.home, self._last, self._since)] if self._ready else []
        # Within the same bounds as what comes first: the turn before took that long, or what arrived did.
        limit = choices.limit(self._now, busy=self._busy)
        timely = True
        while True:
            late = isinstance(loop.ready[-1], TimerHandle)
            if late and timely and not self._busy:
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
