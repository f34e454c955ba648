"""Whether a journal is what it should be, beyond its checksums: names and blobs are as the format has them.

Checksums find what a disk did; this finds what a writer did.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from detrun.errors import Corrupt
from detrun.journal.entries import Entry, Named, Stored
from detrun.journal.reader import Journal
from detrun.journal.scan import Ending
from detrun.journal.segment import segment_path
from detrun.journal.spelling import word

if TYPE_CHECKING:
    from detrun.journal.cursor import Cursor


class Verified(msgspec.Struct, frozen=True):
    """What a journal has, all of which was read."""

    segments: int
    blocks: int
    kinds: dict[str, int]
    last_step: int
    ending: Ending

    @property
    def entries(self) -> int:
        """How many there are."""
        return sum(self.kinds.values())


def verify(path: Path) -> Verified:
    """Read all of a journal; raises at the first thing in it that cannot be."""
    journal = Journal(path)
    cursor, story, blocks = journal.cursor(), _Story(), 0
    for block in cursor.blocks():
        blocks += 1
        for entry in block:
            wrong = story.tell(entry)
            if wrong:
                raise _corrupt(path, cursor, wrong)
    assert cursor.ending is not None  # or there would have been another block
    return Verified(cursor.place.segment + 1, blocks, story.kinds(), story.step, cursor.ending)


def _corrupt(path: Path, cursor: Cursor, wrong: str) -> Corrupt:
    segment, end, number, _ = cursor.place
    return Corrupt(str(segment_path(path, segment)), end, f"{wrong} (in block {number - 1}, which ends there)")


class _Story:
    """What has been told up to here, as far as it takes to know what cannot follow."""

    def __init__(self) -> None:
        self.step = 0
        self._kinds: Counter[type] = Counter()
        self._names = 0
        self._blob: bytes | None = None
        self._parts = 0
        self._hashed = sha256()

    def kinds(self) -> dict[str, int]:
        """How many entries of which kind there were."""
        return dict(sorted((word(kind), count) for kind, count in self._kinds.items()))

    def tell(self, entry: Entry) -> str:
        """Go on with an entry; what is wrong with it."""
        self._kinds[type(entry)] += 1
        match entry:
            case Named():
                self._names += 1
                return "" if entry.number == self._names else f"expected name {self._names}, got name {entry.number}"
            case Stored():
                return self._store(entry)
            case _:
                return self._happen(entry)

    def _happen(self, entry: Entry) -> str:
        self.step = max(self.step, entry.step)
        if getattr(entry, "name", 0) > self._names:
            return f"expected one of {self._names:,} names, got number {getattr(entry, 'name', 0)}"
        return f"expected the rest of blob {self._blob.hex()}, got a step" if self._blob else ""

    def _store(self, entry: Stored) -> str:
        blob, part = self._blob or entry.blob, self._parts
        self._hashed.update(entry.data)
        self._blob, self._parts = entry.blob, part + 1
        if (entry.blob, entry.part) != (blob, part):
            return f"expected part {part} of blob {blob.hex()}, got part {entry.part} of {entry.blob.hex()}"
        if not entry.last:
            return ""
        right = self._hashed.digest() == entry.blob
        self._blob, self._parts, self._hashed = None, 0, sha256()
        return "" if right else f"expected the content of blob {entry.blob.hex()}, got another"
