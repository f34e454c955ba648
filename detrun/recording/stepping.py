"""A replay that tells of its events, and stops inside the program's code at a step, with a debugger."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from detrun.recording.debugger import Debugger, outermost
from detrun.recording.recording import named
from detrun.recording.replaying import Replaying
from detrun.scheduler.own import is_own
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.threads.thread import Thread

# The clock of whoever watches: a look at that of the run would be part of the run.
_real_time = swap.twin(time.perf_counter)
# So often is it said how far a replay has come, in seconds.
_OFTEN = 0.5


class Stepping(Replaying):
    """Compares, tells of each event from a step on, and stops in the first line of the program in a step."""

    def __init__(
        self,
        until: int | None,
        *,
        first: int | None,
        stop: int | None,
        tell: Callable[[str], None] | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        super().__init__(until)
        self._first = first
        self._stop = stop
        self._tell = tell
        self._progress = progress
        self._shown = _real_time()

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        self._stop_before(1)

    def happens(self, event: Delivery | Thread) -> None:
        super().happens(event)
        if self._tell is not None and self._first is not None and self.step >= self._first and self.last is None:
            self._tell(f"step {self.step}: {named(event)}")

    def mark(self, digest: int) -> None:
        super().mark(digest)
        if self._stop is not None:
            self._stop_before(self.step + 1)

    def checked(self) -> None:
        super().checked()
        if self._progress is not None and _real_time() - self._shown > _OFTEN:
            self._shown = _real_time()
            self._progress(self.step)

    def _stop_before(self, step: int) -> None:
        if self._stop is not None and step >= self._stop:
            self._stop = None
            sys.settrace(_stop_in)


def _stop_in(frame: FrameType, event: str, _: object) -> Any:
    """Stop in the first code of the program's own that runs."""
    if event != "call" or not is_own(frame.f_code.co_filename):
        return None
    debugger = Debugger()
    debugger.reset()
    debugger.botframe = outermost(frame)
    # In the program's own line: a coroutine that goes on does so in what it awaits.
    debugger.set_next(frame)
    sys.settrace(debugger.trace_dispatch)
    return debugger.trace_dispatch
