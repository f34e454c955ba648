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
        self._last = engine.trace.last
        self._limit = 0
        self._busy = False

    def begin(self, home: Context) -> None:
        """Something comes next."""
        self._choices.start(home)
        self._last = self._engine.trace.last
        self._busy = self._choices.busy()
        # Within the same bounds as what comes first: the turn before took that long, or what arrived did.
        self._limit = self._choices.limit()

    def come(self, loop: Loop) -> None:
        """Let come along what is chosen; nothing does where a loop goes on for which nothing has come."""
        engine, choices = self._engine, self._choices
        if engine.trace.last is self._last:
            return
        timely = True
        while True:
            late = isinstance(loop.ready[-1], TimerHandle)
            if late and timely and not self._busy:
                # Nothing made the selector wait but this timer: it woke up that much too late.
                self._limit = engine.clock.now + choices.slack
            timely = not late
            if not choices.offer_along(loop.home, self._limit, late=late):
                return
            event = engine.asked()
            if isinstance(event, Continue):
                return
            engine.happen(event)
            loop.selector.select()
            engine.clock.fall_due()
