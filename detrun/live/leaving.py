"""What leaves a live run: it waits for the end of the iteration, and goes line by line. It knows of no journal."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from detrun.live.edge import TIMED_OUT
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.live.lines import Line

_monotonic = swap.twin(time.monotonic_ns)
# So long the end of a run waits for others to take what was sent to them, in seconds.
_PATIENCE = 5.0


class Leaving:
    """What each line has to let out: data, a datagram with its address, or what to call.

    `told` learns how many bytes of a line are under way still, and of the error that the system answered with.
    """

    def __init__(self, told: Callable[[Line, int, int], None]) -> None:
        # What leaves next, and by which line; what a line has in `going` goes before.
        self.waiting: list[tuple[Line, Any]] = []
        self._told = told

    def let_out(self) -> None:
        """Let out what waits."""
        for line, action in self.waiting:
            if type(action) is bytes and not line.going:
                # The commonest case by far: an answer, which the system takes whole.
                try:
                    sent = line.real.send(action)
                except OSError:
                    sent = 0  # the error comes again below
                if sent == len(action):
                    continue
                line.going.append(action[sent:])
            else:
                line.going.append(action)
            self.send(line)
        self.waiting.clear()

    def send(self, line: Line) -> None:
        """Send what a line has to let out, and tell what it could not."""
        code, going = 0, line.going
        try:
            while going:
                self._send_first(line)
        except BlockingIOError:
            pass
        except OSError as error:
            code = error.errno or TIMED_OUT
            going[:] = [action for action in going if callable(action)]
        if going or code or line.stalled:
            line.stalled = bool(going)
            self._told(line, sum(len(action) for action in going if type(action) is bytes), code)

    def linger(self, lines: list[Line]) -> None:
        """Wait a little until what was sent has left, as the system would for a process that is gone."""
        deadline = _monotonic() + int(_PATIENCE * 1e9)
        for line in lines:
            line.real.settimeout(max((deadline - _monotonic()) / 1e9, 0.001))
            with suppress(OSError, TimeoutError):
                while line.going:
                    self._send_first(line)

    def _send_first(self, line: Line) -> None:
        action = line.going[0]
        if isinstance(action, bytes):
            sent = line.real.send(action)
            if sent < len(action):
                line.going[0] = action[sent:]
                return
        elif isinstance(action, tuple):
            # A datagram that cannot be sent is lost, as others are.
            with suppress(ConnectionError):
                line.real.sendto(*action)
        else:
            with suppress(OSError):
                action()
        del line.going[0]
