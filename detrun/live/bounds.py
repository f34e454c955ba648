"""The bounds of a live run: none unless they are asked for, since whoever serves goes on for as long as it is asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detrun.scheduler.limits import Limits

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine


class LiveLimits(Limits):
    """How many steps a live run may take, and how long it may."""

    time = "seconds"

    def __init__(self, steps: int | None = None, seconds: float | None = None) -> None:
        super().__init__(steps or sys.maxsize, seconds or float("inf"))

    def check(self, engine: Engine) -> None:
        super().check(engine)
        if engine.clock.now > self.last_instant:
            self.exceed(engine.clock.now, engine)
