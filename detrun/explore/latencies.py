"""Latencies: what is late because it takes that long, and not because it waits for something else.

A hold says which two events changed places. Whoever reads that a link is slow knows without being told how it comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.model import EventId
from detrun.scheduler.channels import Channel
from detrun.scheduler.choices import Continue
from detrun.scheduler.clock import FOREVER, MILLISECOND, SECOND
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.model import Plan
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine

# So many round numbers are tried, from the first one that may be enough.
_NUMBERS = 3


class Late(Holds):
    """What a plan says, and besides one message that is late by so much, or all that come by its way.

    Nothing overtakes it that would come after it then: no timer that is due later.
    """

    def __init__(self, plan: Plan, event: EventId, nanoseconds: int, *, link: bool) -> None:
        super().__init__(plan.holds, plan.slack, plan.faults, FOREVER, plan.without)
        self._event = event
        self._link = link
        self._late = nanoseconds
        # When each message was first seen under way.
        self._seen: dict[EventId, int] = {}

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        self._clock = engine.clock

    def choose(self, choices: Choices) -> Event:
        if choices.along:
            return super().choose(choices)
        events = choices.events()
        free = [event for event in events if not self.held(event, choices)] or events
        late = {event.id: due for event in free if (due := self._due(event)) > self._clock.now}
        limit = min(late.values(), default=FOREVER)
        sooner = (event for event in free if event.id not in late and self._instant(event) <= limit)
        chosen = next(sooner, None) or min(free, key=lambda event: late.get(event.id, FOREVER))
        self.take(chosen)
        return chosen

    def _due(self, event: Event) -> int:
        """The instant before which this does not come."""
        if not isinstance(event, Channel):
            return 0
        for delivery in event.queue:
            self._seen.setdefault(delivery.id, self._clock.now)
        concerned = event.key == self._event[0] if self._link else event.id == self._event
        return self._seen[event.id] + self._late if concerned else 0

    def _instant(self, event: Event) -> int:
        """The instant at which it would come."""
        if isinstance(event, TimerHandle):
            return event.deadline
        sleeps = isinstance(event, Continue) and not event.home.loop.ready
        timer = self._clock.earliest() if sleeps else None
        return self._clock.now if timer is None else timer.deadline


def rounded(seconds: float) -> Iterator[int]:
    """Round numbers of nanoseconds from this on, the next larger ones: 1, 2, 5, 10, 20 and so on."""
    found, number = 0, MILLISECOND
    while found < _NUMBERS:
        for factor in (1, 2, 5):
            if number * factor > seconds * SECOND and found < _NUMBERS:
                found += 1
                yield number * factor
        number *= 10
