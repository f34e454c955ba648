"""The writer of a journal: entries in, blocks out. It waits for nothing but the disk, and knows nothing of the loop."""

from __future__ import annotations

import threading
from enum import Enum
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from detrun.errors import DetrunError, InternalError, UsageError
from detrun.journal.codec import EMPTY, add, finish
from detrun.journal.entries import Named
from detrun.journal.segments import Segment
from detrun.journal.syncing import Callback, Syncing

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from detrun.journal.entries import Entry
    from detrun.journal.header import Header

BLOCK = 64 * 1024
SEGMENT = 64 * 1024 * 1024
AGE = 3600.0
INTERVAL = 0.05
MOST_WAITING = 10_000
MOST_UNSYNCED = 256 * 1024 * 1024


class Durability(Enum):
    """What may be told to the outside when."""

    NONE = "none"
    """At once: entries reach the system when a block is full."""

    BATCH = "batch"
    """When the system has it: that survives a killed process. The disk has it soon after."""

    FSYNC = "fsync"
    """When the disk has it: that survives a power cut."""


class Writer:
    """Appends entries to a journal. After its first error it takes no more, and raises that error again.

    An entry is in the journal when the block that it is in is written: at `flush`, at `sync`, or when a block is full.
    Its memory is bounded by a block and an entry: whoever is faster than the disk waits for it here.
    """

    def __init__(
        self,
        path: str | Path,
        header: Header,
        *,
        durability: Durability = Durability.BATCH,
        block: int = BLOCK,
        segment: int = SEGMENT,
        age: float = AGE,
        interval: float = INTERVAL,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self.path = Path(path)
        self._durability = durability
        self.error: DetrunError | None = None
        self.syncs = 0
        self._limit = block
        self._segment_size = segment
        self._buffer = bytearray(EMPTY)
        self._count = self._marks = 0
        self._names, self._step = header.names, header.step
        # Bytes of the segments before this one, and of all of them that are on the disk.
        self._done = self._synced = 0
        self._closed = self._aged = False
        # Between the thread that syncs a file and us, who close it.
        self._files = threading.Lock()
        self._segment = self._begun(header)
        self._age = age
        self._most_waiting = most_waiting
        self._syncing = None if durability is Durability.NONE else Syncing(self._sync_behind, interval, self._fail)

    @property
    def position(self) -> int:
        """How many bytes of all segments the system has been given."""
        return self._done + self._segment.size

    @property
    def buffered(self) -> int:
        """How many bytes of entries wait for their block."""
        return len(self._buffer) - len(EMPTY)

    @property
    def waiting(self) -> int:
        """How many have not been told yet that what they wait for is durable."""
        return 0 if self._syncing is None else self._syncing.waiting

    @property
    def synced(self) -> int:
        """How many of them are known to be on the disk."""
        return self._synced

    def append(self, entry: Entry) -> None:
        """Add an entry behind all others."""
        if entry.mark:
            self._mark(entry)
        buffer = self._buffer
        add(entry, buffer)
        self._count += 1
        self._step = max(self._step, entry.step)
        if len(buffer) >= self._limit:
            self._write_block()

    def flush(self) -> None:
        """Give the system all entries up to here: the end of this process cannot take them back."""
        self._check()
        if self._count:
            self._write_block()

    def sync(self) -> None:
        """Return when all entries up to here are on the disk."""
        self.flush()
        self._attempt(self._sync_behind)

    def sync_then(self, callback: Callback) -> None:
        """Call back, once, when what was appended up to here may be told: with None, or with what went wrong.

        Under `FSYNC` that is later, on another thread, and many are behind one sync; otherwise at once, from here.
        """
        self._check()
        if self._durability is not Durability.NONE:
            self.flush()
        if self._durability is not Durability.FSYNC or self._syncing is None:
            callback(None)
            return
        if self._syncing.waiting >= self._most_waiting:
            self._syncing.drain()
        self._syncing.then(callback)

    def rotate(self) -> None:
        """Go on in a new segment."""
        self.flush()
        self._attempt(self._rotate)

    def close(self) -> None:
        """End the journal, with its index. A writer that has failed only lets go of its file."""
        if self._closed:
            return
        try:
            if self.error is None:
                self.flush()
        finally:
            if self._syncing is not None:
                self._syncing.stop()
            try:
                if self.error is None:
                    self._attempt(self._seal)
            finally:
                self._closed, self._limit = True, 0
                self._segment.disk.close()

    def abandon(self) -> None:
        """Let go of the file as it is: without an end, and without what is not written yet."""
        self._closed, self._limit = True, 0
        if self._syncing is not None:
            self._syncing.stop()
        self._segment.disk.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _mark(self, entry: Entry) -> None:
        """Note what the block will contain. Numbers of names have no gaps: that is how a name is found again."""
        if isinstance(entry, Named):
            if entry.number != self._names + 1:
                raise InternalError(f"expected name {self._names + 1}, got {entry!r}")
            add(entry, bytearray())  # or it raises, before it counts
            self._names = entry.number
        self._marks |= entry.mark

    def _check(self) -> None:
        if self._closed:
            raise UsageError(f"expected a journal that is being written, got {self.path}, which was closed")
        if self.error is not None:
            raise self.error

    def _fail(self, error: DetrunError) -> None:
        """Take no more: the next entry meets a full block, and the error."""
        if self.error is None:
            self.error = error
        self._limit = 0

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except DetrunError as error:
            self._fail(error)
            raise

    def _write_block(self) -> None:
        self._check()
        segment = self._segment
        if self._aged or segment.size >= self._segment_size or segment.full:
            self._attempt(self._rotate)
        self._attempt(self._write)
        if self._syncing is not None and self.position - self._synced > MOST_UNSYNCED:
            self._attempt(self._sync_behind)

    def _write(self) -> None:
        buffer = self._buffer
        finish(buffer, self._count)
        self._segment.write(buffer, self._count, self._marks, self._names, self._step)
        del buffer[len(EMPTY) :]
        self._count = self._marks = 0

    def _sync_behind(self) -> None:
        with self._files:
            position = self.position
            if position != self._synced:
                self._segment.disk.sync()
                self._synced = position
                self.syncs += 1
            # The clock is asked here, on the thread that no program sees.
            self._aged = monotonic() - self._began > self._age

    def _rotate(self) -> None:
        with self._files:
            header = self._segment.seal(continued=True)
            if self._durability is not Durability.NONE:
                self._segment.disk.sync()
            self._segment.disk.close()
            self._done += self._segment.size
            self._segment = self._begun(header)
            self._synced = self._done

    def _begun(self, header: Header) -> Segment:
        segment = Segment(self.path, header)
        if self._durability is not Durability.NONE:
            segment.disk.sync()
            segment.disk.sync_directory()
        self._began = monotonic()
        self._aged = False
        return segment

    def _seal(self) -> None:
        self._segment.seal()
        if self._durability is not Durability.NONE:
            self._segment.disk.sync()
            self._synced = self.position
