"""The segments of a journal as they are written, one after the other. Knows nothing of entries."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from detrun.journal.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from detrun.journal.header import Header


class Rotation:
    """Writes blocks to the last segment, and ends it for another when it is too large or too old.

    Whoever writes does so on one thread; `sync` may be called on another. The clock shall be one that no program sees,
    for a segment may begin in the middle of one.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        *,
        size: int,
        age: float,
        durable: bool,
        swift: bool,
        clock: Callable[[], float],
    ) -> None:
        self.syncs = 0
        self._path = path
        self._size = size
        self._age = age
        self._durable = durable
        self._swift = swift
        self._clock = clock
        # Bytes of the segments before this one, and of all of them that are on the disk.
        self._done = self._synced = 0
        # Between the thread that syncs a file and the one that closes it.
        self._files = threading.Lock()
        self._begin(header)

    @property
    def position(self) -> int:
        """How many bytes of all segments the system has been given."""
        return self._done + self._segment.size

    @property
    def synced(self) -> int:
        """How many bytes of all segments are known to be on the disk."""
        return self._synced

    @property
    def unsynced(self) -> int:
        """How many bytes the system was given that are not known to be on the disk."""
        return self._done + self._segment.disk.size - self._synced

    def write(self, raw: bytearray, count: int, marks: int, names: int, step: int) -> None:
        """Write a block of entries, in a new segment if it is time for one."""
        if self._aged or self._segment.disk.size >= self._size or self._segment.index.full:
            self.rotate()
        self._segment.write(raw, count, marks, names, step)

    def rotate(self) -> None:
        """Go on in a new segment."""
        with self._files:
            header = self._end(continued=True)
            self._segment.disk.close()
            self._done += self._segment.size
            self._begin(header)

    def sync(self) -> None:
        """Return when what was written before is on the disk."""
        with self._files:
            position = self.position
            if position != self._synced:
                self._segment.disk.sync()
                self._synced = position
                self.syncs += 1
            self._aged = self._clock() - self._began > self._age

    def seal(self) -> None:
        """End the journal."""
        self._end(continued=False)
        self._synced = self.position

    def close(self) -> None:
        """Let go of the file."""
        with self._files:
            self._segment.disk.close()

    def _begin(self, header: Header) -> None:
        self._segment = Segment(self._path, header, clock=self._clock if self._swift else None)
        if self._durable:
            self._segment.disk.sync()
            self._segment.disk.sync_directory()
            self._synced = self.position
        self._began = self._clock()
        self._aged = False

    def _end(self, *, continued: bool) -> Header:
        following = self._segment.seal(continued=continued)
        if self._durable:
            self._segment.disk.sync()
        return following
