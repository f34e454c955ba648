"""Signals that really come to the process of a live run: they wait until the run looks, and become inputs."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import signal
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from detrun.scheduler.world import leaving, swap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What asks a program to end, and what it may have a meaning of its own for.
ENDING = (signal.SIGINT, signal.SIGTERM)
OTHERS = (signal.SIGHUP, signal.SIGUSR1)
# A program that fails all the time is not sealed all the time: this is in nanoseconds.
_SELDOM = 60_000_000_000
_set, _get, _monotonic = swap.twin(_signal.signal), swap.twin(_signal.getsignal), swap.twin(time.monotonic_ns)


class Interrupting:
    """From `begin` to `end`, who sends one of these signals reaches the program; who asks it twice to end ends it.

    `seal` is called for SIGUSR2, which is for whoever records, and once in a while after a failure that nobody handles;
    `farewell` before the process is ended. What else there is to tell is said to `say`.
    """

    def __init__(
        self,
        seal: Callable[[], None],
        farewell: Callable[[], None] = lambda: None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._came: deque[int] = deque()
        self._farewell = farewell
        self.say = say
        self._sealed = 0
        self._before: dict[int, Any] = {}
        self._seal = seal
        self._told = False
        self._fd = -1

    def begin(self, fd: int) -> None:
        """Handle them from now on; this descriptor learns of each."""
        self._fd = fd
        if threading.current_thread() is threading.main_thread():
            for number in (*ENDING, *OTHERS, signal.SIGUSR2):
                # Who started the process so that it outlives its terminal wants that.
                if number != signal.SIGHUP or _get(number) != signal.SIG_IGN:
                    self._before[number] = _set(number, self._note)

    def end(self) -> None:
        """Handle them no more."""
        for number, handler in self._before.items():
            _set(number, handler)
        self._before.clear()

    def note_failure(self) -> None:
        """Something has failed that nobody handles: whoever looks for why should have a whole journal."""
        now = _monotonic()
        if not self._sealed or now - self._sealed > _SELDOM:
            self._sealed = now
            self._came.append(signal.SIGUSR2)
            os.eventfd_write(self._fd, 1)

    def came(self) -> Iterator[int]:
        """Those that came since the last time."""
        while self._came:
            number = self._came.popleft()
            if number == signal.SIGUSR2:
                self._seal()
            else:
                yield number

    def _note(self, number: int, _: object) -> None:
        if number in ENDING:
            if self._told:
                self._farewell()
                # Whoever asks twice waits for nobody: the journal is whole up to its last block.
                leaving.at_once(128 + number)
            self._told = True
        self._came.append(number)
        os.eventfd_write(self._fd, 1)
