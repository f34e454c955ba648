"""A journal as it is read: its segments as one story, from the beginning or from a step on. It executes nothing.

It reads a block at a time and keeps none: memory does not grow with the journal.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from detrun.errors import Corrupt, UsageError
from detrun.journal.cursor import Cursor
from detrun.journal.entries import BLOBS, ENDS, NAMES, READINGS, Ended, Entry, Failed, Named, Stored
from detrun.journal.scan import Ending
from detrun.journal.segments import Place, Segments, row_place
from detrun.journal.twice import Twice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_MOST_NAMES = 50_000
# The format from which on blocks say whether they have such entries.
_MARKS_READINGS = 3
_MOST_TEXT = 16 * 1024 * 1024


class Summary(msgspec.Struct, frozen=True):
    """What a journal consists of, once all of it was read and found to be as it was written."""

    segments: int
    blocks: int
    entries: int
    ending: Ending


class Journal:
    """A journal on disk, by the path of its first segment, or in memory, as the bytes of its segments.

    Whatever it gives was checked. `ending` says how the journal ended, once its end was read.
    """

    def __init__(self, path: str | Path | Sequence[bytes]) -> None:
        self._segments = Segments(path)
        self._names: dict[int, str] = {}
        self._names_size = 0
        self.path = self._segments.first.medium.name
        self.header = self._segments.first.header
        self.ending: Ending | None = None

    def entries(self, step: int = 0) -> Iterator[Entry]:
        """All entries in order; or those that belong to this step or a later one, found without reading the others."""
        blocks = self.blocks(step)
        if not step:
            return chain.from_iterable(blocks)
        return (entry for block in blocks for entry in block if entry.step >= step)

    def blocks(self, step: int = 0) -> Iterator[list[Entry]]:
        """The same by blocks; the first may begin before the step."""
        cursor = self.cursor(step)
        yield from cursor.blocks()
        self.ending = cursor.ending

    def cursor(self, step: int = 0) -> Cursor:
        """A place before this step, from which one may read on, and on again when more was written."""
        return Cursor(self._segments, self._segments.place_of(step) if step else Place(0))

    def follow(self, cursor: Cursor) -> Iterator[Entry]:
        """What was written since this cursor was last read; it is `finished` when nothing more can come."""
        return chain.from_iterable(cursor.blocks())

    def twice(self) -> Twice:
        """All entries for two who read them side by side."""
        return Twice(self.cursor(), self.cursor())

    def marked(self, marks: int) -> Iterator[Entry]:
        """The entries of those blocks that have one of these marks, without reading the others."""
        for segment in range(self._segments.count()):
            yield from chain.from_iterable(self._segments.marked(segment, marks))

    def readings(self) -> Iterator[Entry]:
        """Those that say what the program read of its surroundings and how it is called, among others."""
        if self._segments.first.format < _MARKS_READINGS:
            return self.entries()
        return self.marked(NAMES | READINGS)

    def name(self, number: int) -> str:
        """The name that a number stands for; nothing, if it stands for none."""
        if number not in self._names and number:
            self._look_up(number)
        return self._names.get(number, "")

    def blob(self, name: bytes) -> Iterator[bytes]:
        """The parts of a blob. Whether they are all of it is known, and said, at their end."""
        hashed, found = sha256(), False
        for entry in self.marked(BLOBS):
            if isinstance(entry, Stored) and entry.blob == name:
                hashed.update(entry.data)
                yield entry.data
                found = entry.last
                if found:
                    break
        if not found:
            raise UsageError(f"expected a blob of {self.path}, got {name.hex()!r}")
        if hashed.digest() != name:
            raise Corrupt(self.path, 0, f"expected the blob {name.hex()}, got other contents under its name")

    def check(self) -> Summary:
        """Read everything; raises at the first byte that cannot be trusted."""
        blocks = entries = 0
        cursor = self.cursor()
        for block in cursor.blocks():
            blocks += 1
            entries += len(block)
        assert cursor.ending is not None  # or there would have been another block
        self.ending = cursor.ending
        return Summary(cursor.place.segment + 1, blocks, entries, cursor.ending)

    def ends(self) -> list[Entry]:
        """How the run ended, found without reading the rest: `Failed` if it did, and `Ended` if it came to that."""
        blocks = self._segments.marked(self._segments.count() - 1, ENDS)
        return [entry for entry in chain.from_iterable(blocks) if isinstance(entry, Failed | Ended)]

    def last_step(self) -> int:
        """The last step that it says anything of, found without reading the rest."""
        segment = self._segments.count() - 1
        scan = self._segments.scan(segment)
        finished = scan.finished()
        if finished is not None:
            return finished.footer.step
        rows = self._segments.rows(segment)
        place, step = (row_place(segment, rows[-1]), rows[-1].step) if rows else (Place(segment), scan.header.step)
        return max((entry.step for entry in self.follow(Cursor(self._segments, place))), default=step)

    def _look_up(self, number: int) -> None:
        if len(self._names) > _MOST_NAMES or self._names_size > _MOST_TEXT:
            self._names.clear()
            self._names_size = 0
        for block in Cursor(self._segments, self._segments.place_of_name(number), NAMES).blocks():
            for entry in block:
                if isinstance(entry, Named):
                    self._names[entry.number] = entry.text
                    self._names_size += len(entry.text)
            if number in self._names:
                return
