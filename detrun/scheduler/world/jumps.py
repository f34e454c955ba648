"""The time of day jumps, as it does where somebody sets a clock; no loop and no timer goes by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.scheduler.clock import SECOND

if TYPE_CHECKING:
    from detrun.scheduler.clock import Clock
    from detrun.scheduler.network.faults import Faults
    from detrun.scheduler.trace import Trace

# An hour ahead, and a second back: what is measured by it becomes long, or less than nothing.
JUMPS = (3600 * SECOND, -SECOND)


class Jumps:
    """Asks at each event whether the time of day is another one from now on."""

    def __init__(self, faults: Faults, clock: Clock, trace: Trace) -> None:
        self._faults = faults
        self._clock = clock
        self._trace = trace

    def happen(self, _: Any) -> None:
        """An event happens."""
        answer = self._faults.ask("jump", hash(self._trace.last), len(JUMPS) + 1)
        if answer:
            self._clock.shift(JUMPS[answer - 1])
