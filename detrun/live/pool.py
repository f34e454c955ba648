"""Threads outside of a run, which do what a live program hands to an executor. What they give comes by a descriptor."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST = 32


class Pool:
    """A few threads that are there when somebody needs them; `fd` is readable when one has something to give."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._work: queue.SimpleQueue[tuple[int, Callable[[], bytes]] | None] = queue.SimpleQueue()
        self._done: deque[tuple[int, bytes]] = deque()
        self._threads = 0
        self._busy = 0
        # Whether somebody else may still write to the descriptor when this is closed.
        self.lent = False

    def start(self, number: int, work: Callable[[], bytes]) -> None:
        """Do this on a thread."""
        self._busy += 1
        if self._busy > self._threads and self._threads < MOST:
            self._threads += 1
            threading.Thread(target=self._run, daemon=True, name=f"detrun-job-{self._threads}").start()
        self._work.put((number, work))

    def done(self) -> Iterator[tuple[int, bytes]]:
        """What has been done since the last time."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.fd)
        while self._done:
            self._busy -= 1
            yield self._done.popleft()

    def close(self) -> None:
        """Need no thread any more; who is busy ends later, with the process at the latest."""
        for _ in range(self._threads):
            self._work.put(None)
        if not self._threads and not self.lent:
            os.close(self.fd)

    def _run(self) -> None:
        while (task := self._work.get()) is not None:
            number, work = task
            self._done.append((number, work()))
            os.eventfd_write(self.fd, 1)
