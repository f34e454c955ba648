"""The writer of a journal: entries in, blocks out. It waits for nothing but the disk, and knows nothing of the loop."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from detrun.errors import DetrunError, InternalError, UsageError
from detrun.journal.codec import EMPTY, add, add_all, fill, finish
from detrun.journal.entries import Named
from detrun.journal.rotation import Rotation
from detrun.journal.syncing import Callback, Syncing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from detrun.journal.entries import Entry, Row
    from detrun.journal.header import Header

BLOCK = 64 * 1024
SEGMENT = 64 * 1024 * 1024
AGE = 3600.0
INTERVAL = 0.2
MOST_WAITING = 10_000
MOST_UNSYNCED = 256 * 1024 * 1024
# So many entries are encoded at once.
_TOGETHER = 64


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
        clock: Callable[[], float] = monotonic,
        most: int | None = None,
        full: Callable[[], int] = lambda: 0,
    ) -> None:
        self.path = Path(path)
        self.error: DetrunError | None = None
        self._told = self._closed = False
        self._limit = block
        self._buffer = bytearray(EMPTY)
        self._swift_buffer = bytearray(EMPTY)
        self._count = self._marks = 0
        self._names, self._step = header.names, header.step
        self._durability = durability
        durable = durability is not Durability.NONE
        # Who writes before each output is in a hurry.
        swift = durability is Durability.BATCH
        self._files = Rotation(self.path, header, size=segment, age=age, durable=durable, swift=swift, clock=clock)
        self._most_waiting = most_waiting
        # Whoever is told that the journal has so many bytes says at how many to be told again.
        self._most, self._full = most, full
        self._syncing = Syncing(self._files.sync, interval, self._fail) if durable else None

    @property
    def position(self) -> int:
        """How many bytes of all segments the system has been given."""
        return self._files.position

    @property
    def synced(self) -> int:
        """How many of them are known to be on the disk."""
        return self._files.synced

    @property
    def syncs(self) -> int:
        """How often the disk was waited for."""
        return self._files.syncs

    @property
    def buffered(self) -> int:
        """How many bytes of entries wait for their block."""
        return len(self._buffer) - len(EMPTY)

    @property
    def waiting(self) -> int:
        """How many have not been told yet that what they wait for is durable."""
        return 0 if self._syncing is None else self._syncing.waiting

    def append(self, entry: Entry) -> None:
        """Add an entry behind all others."""
        if entry.mark:
            self._mark(entry)
        buffer = self._buffer
        add(entry, buffer)
        self._count += 1
        if entry.step > self._step:  # noqa: PLR1730  # `max` would be a call for each entry
            self._step = entry.step
        if len(buffer) >= self._limit:
            self._write_block()

    def extend(self, entries: list[Entry]) -> None:
        """Add entries behind all others, in the order in which they are given."""
        begin = 0
        for place, entry in enumerate(entries):
            # Those that say what a block contains are few, or large.
            if entry.mark:
                self.add(entries[begin:place])
                self.append(entry)
                begin = place + 1
        self.add(entries[begin:])

    def add(self, entries: Sequence[Entry | Row]) -> None:
        """Add entries without marks, rows among them; no block has more than it may if large ones come one by one."""
        if len(entries) > _TOGETHER:
            for begin in range(0, len(entries), _TOGETHER):
                self.add(entries[begin : begin + _TOGETHER])
        elif entries:
            buffer, last = self._buffer, entries[-1]
            add_all(entries, buffer)
            self._count += len(entries)
            step = last[1] if isinstance(last, tuple) else last.step
            if step > self._step:  # noqa: PLR1730  # as above
                self._step = step
            if len(buffer) >= self._limit:
                self._write_block()

    def put(self, entries: Sequence[Entry | Row]) -> None:
        """Add entries without marks, and give the system all entries up to here."""
        if self._count or not 0 < len(entries) <= _TOGETHER or self.error is not None or self._closed:
            self.add(entries)
            self.flush()
            return
        # What is written before each output is a block by itself, and its buffer stays as large as it was.
        fill(entries, self._swift_buffer)
        last = entries[-1]
        step = last[1] if isinstance(last, tuple) else last.step
        if step > self._step:  # noqa: PLR1730  # as above
            self._step = step
        self._hand_over(self._swift_buffer, len(entries), 0)

    def flush(self) -> None:
        """Give the system all entries up to here: the end of this process cannot take them back."""
        if self.error is not None or self._closed:
            self._check()
        if self._count:
            self._write_block()

    def sync(self) -> None:
        """Return when all entries up to here are on the disk."""
        self.flush()
        self._attempt(self._files.sync)

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
        self._attempt(self._files.rotate)

    def close(self) -> None:
        """End the journal, with its index. A writer that has failed lets go of its file, and says so unless it has."""
        if self._closed:
            return
        try:
            if self.error is None:
                self.flush()
        finally:
            self._stop()
        if self.error is not None and not self._told:
            self._check()

    def abandon(self) -> None:
        """Let go of the file as it is: without an end, and without what is not written yet."""
        self._closed, self._limit = True, 0
        if self._syncing is not None:
            self._syncing.stop()
        self._files.close()

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
        if self.error is None and not self._closed:
            return
        del self._buffer[len(EMPTY) :]
        self._count = 0
        if self.error is None:
            raise UsageError(f"expected a journal that is being written, got {self.path}, which was closed")
        self._told = True
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
            self._told = True
            raise

    def _write_block(self) -> None:
        if self.error is not None or self._closed:
            self._check()
        buffer = self._buffer
        finish(buffer, self._count)
        self._hand_over(buffer, self._count, self._marks)
        del buffer[len(EMPTY) :]
        self._count = self._marks = 0

    def _hand_over(self, content: bytearray, count: int, marks: int) -> None:
        files = self._files
        try:
            files.write(content, count, marks, self._names, self._step)
            if files.unsynced > MOST_UNSYNCED and self._syncing is not None:
                files.sync()
        except DetrunError as error:
            self._fail(error)
            self._told = True
            raise
        if self._most is not None and files.position >= self._most:
            self._most = self._full()

    def _stop(self) -> None:
        if self._syncing is not None:
            self._syncing.stop()
        try:
            if self.error is None:
                self._attempt(self._files.seal)
        finally:
            self._closed, self._limit = True, 0
            self._files.close()
