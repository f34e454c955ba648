"""A thread that waits for the disk, so that nobody else has to; many who wait are behind one sync.

It is told what to do through a queue that is C throughout: whoever writes a journal may be inside a turn of a program
whose locks and clocks are not the real ones.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from detrun.errors import DetrunError, InternalError, JournalError

if TYPE_CHECKING:
    from collections.abc import Callable

Callback: TypeAlias = "Callable[[DetrunError | None], None]"
_STOP = None


class Syncing:
    """Calls `sync` on a thread of its own: every so often, and when somebody waits for it.

    `sync` returns when what was written is durable, or raises; its first error is kept, given to all who wait, and to
    `failed`. Callbacks are called on the thread, in order.
    """

    def __init__(self, sync: Callable[[], None], interval: float, failed: Callable[[DetrunError], None]) -> None:
        self._sync = sync
        self._interval = interval
        self._failed = failed
        self._error: DetrunError | None = None
        self._queue: SimpleQueue[Callback | None] = SimpleQueue()
        # Each is written by one thread only.
        self._asked = 0
        self._answered = 0
        self._thread = threading.Thread(target=self._work, name="detrun-journal", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many callbacks have not been called yet."""
        return self._asked - self._answered

    def then(self, callback: Callback) -> None:
        """Call this when all that has been written by now is durable."""
        self._asked += 1
        self._queue.put(callback)

    def drain(self) -> None:
        """Return when all that were to be called have been."""
        answered: SimpleQueue[DetrunError | None] = SimpleQueue()
        self.then(answered.put)
        answered.get()

    def stop(self) -> None:
        """Call all that were to be called, and end the thread."""
        self._queue.put(_STOP)
        self._thread.join()

    def _work(self) -> None:
        while True:
            callbacks = self._taken()
            self._sync_once()
            for callback in callbacks:
                if callback is _STOP:
                    return
                self._call(callback)

    def _taken(self) -> list[Callback | None]:
        """Everything that waits by now. Whoever comes later is behind the next sync."""
        taken: list[Callback | None] = []
        with suppress(Empty):
            taken.append(self._queue.get(timeout=self._interval))
            while True:
                taken.append(self._queue.get_nowait())
        return taken

    def _sync_once(self) -> None:
        if self._error is not None:
            return
        try:
            self._sync()
        except JournalError as error:
            self._fail(error)
        except Exception as error:
            # Whoever waits must not wait for ever because this thread is gone.
            self._fail(InternalError(f"expected a sync that fails as the disk does, got {error!r}"))

    def _call(self, callback: Callback) -> None:
        self._answered += 1
        try:
            callback(self._error)
        except Exception as error:
            self._fail(InternalError(f"expected a callback that raises nothing, got {error!r}"))

    def _fail(self, error: DetrunError) -> None:
        self._error = error
        self._failed(error)
