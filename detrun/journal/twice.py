"""One journal read by two, of whom one is a little ahead: what it has read, the other need not read again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.journal.cursor import Cursor
    from detrun.journal.entries import Entry
    from detrun.journal.segments import Place

# So many bytes of entries wait for who comes behind; what is more is read by both.
MOST = 4 * 1024 * 1024


class _Kept(NamedTuple):
    """A block that was read: where, what is behind it, how large it is, and its entries."""

    place: Place
    behind: Place
    size: int
    entries: list[Entry]


class Twice:
    """Two readings of the same entries, each of which gives all of them, whoever is ahead."""

    def __init__(self, first: Cursor, second: Cursor) -> None:
        self._first, self._second = first, second
        self._kept: deque[_Kept] = deque()
        self._size = 0

    def ahead(self) -> Iterator[Entry]:
        """What is kept for the other, as long as it is not too much."""
        cursor = self._first
        place = cursor.place
        for block in cursor.blocks():
            if self._size + cursor.size <= MOST:
                self._size += cursor.size
                self._kept.append(_Kept(place, cursor.place, cursor.size, block))
            place = cursor.place
            yield from block

    def behind(self) -> Iterator[Entry]:
        """The same, from what is kept where it is."""
        cursor = self._second
        while (block := self._taken() or next(cursor.blocks(), None)) is not None:
            yield from block

    def _taken(self) -> list[Entry] | None:
        """The next block, if it is kept; what is before it will not be asked for any more."""
        kept, cursor = self._kept, self._second
        while kept and kept[0].place[:3] <= cursor.place[:3]:
            found = kept.popleft()
            self._size -= found.size
            if found.place == cursor.place:
                cursor.place = found.behind
                return found.entries
        return None
