"""A random walk that is even over schedules, not over steps: chains with more to come are chosen more often.

After Zhao et al., ASPLOS 2025. How much is to come is taken from an earlier run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.scheduler.choices import Continue
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.strategies.drawing import GOES_ON, Drawing, chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.scheduler.choices import Event
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.threads.thread import Thread


class URW(Drawing):
    """Takes a chain's next event with a probability that goes by how many events the chain has left."""

    def __init__(self, seed: int, *arguments: Any, **options: Any) -> None:
        super().__init__(seed, *arguments, **options)
        self._left = dict(self._profile.chains)

    def begin(self, engine: Engine) -> None:
        """Count what happens."""
        engine.trace.observers.append(self._count)

    def _pick(self, events: Sequence[Event]) -> Event:
        left = self._left.get
        weights = [left(chain(event), 1) or 1 for event in events]
        drawn = self._below(sum(weights))
        place = 0
        while drawn >= weights[place]:
            drawn -= weights[place]
            place += 1
        event = events[place]
        if type(event) is Continue:
            self._left[GOES_ON] = max(left(GOES_ON, 1) - 1, 0)
        return event

    def _count(self, event: Delivery | Thread) -> None:
        row = event.home.name if type(event) is TimerHandle else event.id[0]
        if left := self._left.get(row):
            self._left[row] = left - 1
