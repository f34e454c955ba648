"""A place in a journal that moves on, block by block, as far as there is something to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.journal.blocks import Head, Kind
from detrun.journal.scan import Finished, Missing, Torn
from detrun.journal.segments import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.journal.entries import Entry
    from detrun.journal.scan import Ending
    from detrun.journal.segments import Segments


class Cursor:
    """Reads on from a place. When it has come to an end, `ending` says which; what is written later is read later."""

    def __init__(self, segments: Segments, place: Place, marks: int = 0) -> None:
        self.ending: Ending | None = None
        self.place = place
        # Of the block that was read last, as it is when it is not compressed.
        self.size = 0
        self._segments = segments
        self._marks = marks

    @property
    def finished(self) -> bool:
        """Whether nothing more can come."""
        return isinstance(self.ending, Finished)

    def blocks(self) -> Iterator[list[Entry]]:
        """The entries of each block from here on; of those blocks only that have one of the marks, if there are any."""
        self.ending = None
        while self.ending is None:
            yield from self._segment()

    def _segment(self) -> Iterator[list[Entry]]:
        scan = self._segments.scan(self.place.segment)
        for head in scan.heads(*self.place[1:]):
            if not isinstance(head, Head):
                self._arrive(head)
                return
            entries = self._read(head)
            if isinstance(entries, Torn):
                self._arrive(entries)
                return
            self.place = Place(self.place.segment, head.end, head.number + 1, head.check)
            self.size = head.raw
            if entries:
                yield entries

    def _read(self, head: Head) -> list[Entry] | Torn:
        scan = self._segments.scan(self.place.segment)
        if head.kind == Kind.INDEX:
            return scan.check(head) or []
        if self._marks and not head.marks & self._marks:
            return []
        return scan.entries(head)

    def _arrive(self, ending: Ending) -> None:
        segments, following = self._segments, self.place.segment + 1
        if isinstance(ending, Finished) and ending.footer.continued:
            if segments.has(following):
                segments.check_chain(following, ending)
                self.place = Place(following)
            else:
                self.ending = Missing(following)
        elif segments.has(following):
            # Or its writer has finished it since we looked: then what it wrote there comes first.
            segments.check_continued(following - 1)
        else:
            self.ending = ending
