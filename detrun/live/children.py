"""Children whose end a live run waits for: a thread outside of it for each, which leaves the burying to the program."""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Iterator

_waitpid = swap.twin(os.waitpid)


class Children:
    """Those of one live run, and how they have ended; `fd` learns of each."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._came: deque[tuple[int, int]] = deque()

    def wait(self, number: int, pid: int) -> None:
        """Wait for the end of the child that has this number and, for the system, that one."""
        threading.Thread(target=self._wait, args=(number, pid), daemon=True, name=f"detrun-child-{number}").start()

    def came(self) -> Iterator[tuple[int, int]]:
        """Which have ended since the last time, and with which status."""
        while self._came:
            yield self._came.popleft()

    def _wait(self, number: int, pid: int) -> None:
        status = 0
        # Somebody else may have waited for it, such as whoever asked for SIGCHLD to be ignored.
        with suppress(ChildProcessError):
            told = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            assert told is not None
            status = _status(told.si_code, told.si_status)
        self._came.append((number, status))
        with suppress(OSError):  # the run may be over
            os.eventfd_write(self._fd, 1)


def bury(pid: int) -> None:
    """Let the system forget a child that has ended."""
    with suppress(ChildProcessError):
        _waitpid(pid, 0)


def _status(code: int, status: int) -> int:
    """As `os.waitpid` has it."""
    if code == os.CLD_EXITED:
        return status << 8
    return status | (0x80 if code == os.CLD_DUMPED else 0)
