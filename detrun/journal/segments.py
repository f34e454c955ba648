"""The segments of a journal as they are found: which there are, that they chain, and where a step is in them."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from detrun.errors import Corrupt, Truncated
from detrun.journal.blocks import Head
from detrun.journal.index import IndexBuilder, Row, rows_of
from detrun.journal.media import File, Memory
from detrun.journal.scan import Finished, Scan, Torn
from detrun.journal.segment import segment_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from detrun.journal.entries import Entry
    from detrun.journal.media import Medium


_MOST_OPEN = 2


class Place(NamedTuple):
    """Where a block begins: its segment, its offset there (0: the first one), its number, and the check before it."""

    segment: int
    offset: int = 0
    number: int = 1
    before: bytes = b""


def row_place(segment: int, row: Row) -> Place:
    """Where a row of an index points to."""
    return Place(segment, row.offset, row.number, row.before)


class Segments:
    """The segments of one journal. None is kept open but the two that were opened last, for who reads it twice."""

    def __init__(self, path: str | Path | Sequence[bytes]) -> None:
        self._path = path
        self._open: dict[int, Scan] = {}
        self._rows: dict[int, list[Row]] = {}
        # The index that was made last: of which segment, and how large that was then.
        self._made: tuple[int, int, list[Row]] = (-1, 0, [])
        self.first = self.scan(0)

    def scan(self, segment: int) -> Scan:
        """A segment that is there."""
        scan = self._open.get(segment)
        if scan is None:
            scan = self._checked(Scan(self._medium(segment)), segment)
            if len(self._open) >= _MOST_OPEN:
                del self._open[next(iter(self._open))]
            self._open[segment] = scan
        return scan

    def has(self, segment: int) -> bool:
        """Whether there is such a segment. One whose header is not whole is none yet, if it is the last."""
        if not self._is_there(segment):
            return False
        try:
            self.scan(segment)
        except Truncated:
            if self._is_there(segment + 1):
                raise
            return False
        return True

    def check_continued(self, segment: int) -> None:
        """Raise if a segment does not say that another follows."""
        finished = self.scan(segment).finished()
        if finished is None or not finished.footer.continued:
            name = self.scan(segment).medium.name
            raise Corrupt(name, 0, f"expected the last segment, for it ends so, got segment {segment + 1} behind it")

    def check_chain(self, segment: int, before: Finished) -> None:
        """Raise if a segment was not written behind one that ends like this."""
        scan = self.scan(segment)
        if scan.header.previous != before.check:
            what = f"expected segment {segment} to follow the one that is before it, got another"
            raise Corrupt(scan.medium.name, 0, what)

    def place_of(self, step: int) -> Place:
        """A block before which all steps are earlier than this one."""
        return self._place(lambda scan: scan.header.step, lambda row: row.step, step)

    def place_of_name(self, number: int) -> Place:
        """A block before which all names have lower numbers than this one."""
        return self._place(lambda scan: scan.header.names, lambda row: row.names, number)

    def marked(self, segment: int, marks: int) -> Iterator[list[Entry]]:
        """The entries of those blocks of a segment that have one of these marks, without a look at the others."""
        scan, rows = self.scan(segment), self.rows(segment)
        ends = [*(row.offset for row in rows[1:]), scan.medium.size()]
        for row, end in zip(rows, ends, strict=False):
            if row.marks & marks:
                yield from _stretch(scan, row, end, marks)

    def rows(self, segment: int) -> list[Row]:
        """The index of a segment; of one that is not finished it is made, by walking along the heads."""
        scan = self.scan(segment)
        finished = scan.finished()
        if finished is not None:
            return scan.rows(finished.footer)
        size = scan.medium.size()
        if self._made[:2] != (segment, size):
            self._made = (segment, size, _walked(scan))
        return self._made[2]

    def count(self) -> int:
        """How many there are by now."""
        count = 1
        while self.has(count):
            count += 1
        return count

    def _place(self, of_scan: Callable[[Scan], int], of_row: Callable[[Row], int], value: int) -> Place:
        """The last place before which everything is less than the value."""
        segments = range(self.count())
        segment = max(bisect_left(segments, value, key=lambda number: of_scan(self.scan(number))) - 1, 0)
        rows = self._indexed(segment)
        row = bisect_left(rows, value, key=of_row) - 1
        return Place(segment) if row < 0 else row_place(segment, rows[row])

    def _indexed(self, segment: int) -> list[Row]:
        # One index is kept: whoever looks up one name looks up its neighbour next.
        if segment not in self._rows:
            self._rows = {segment: self.rows(segment)}
        return self._rows[segment]

    def _medium(self, segment: int) -> Medium:
        if isinstance(self._path, str | Path):
            return File(segment_path(Path(self._path), segment))
        return Memory(self._path[segment])

    def _is_there(self, segment: int) -> bool:
        if isinstance(self._path, str | Path):
            return segment_path(Path(self._path), segment).exists()
        return segment < len(self._path)

    def _checked(self, scan: Scan, segment: int) -> Scan:
        run = self.first.header.run if segment else scan.header.run
        if (scan.header.segment, scan.header.run) != (segment, run):
            raise Corrupt(scan.medium.name, 0, f"expected segment {segment} of run {run}, got another")
        return scan


def _stretch(scan: Scan, row: Row, end: int, marks: int) -> Iterator[list[Entry]]:
    for head in scan.heads(row.offset, row.number, row.before):
        if not isinstance(head, Head) or head.offset >= end:
            return
        entries = scan.entries(head) if head.marks & marks else []
        if isinstance(entries, Torn):
            return
        yield entries


def _walked(scan: Scan) -> list[Row]:
    index = IndexBuilder()
    try:
        for head in scan.heads():
            if isinstance(head, Head):
                if head.offset >= index.next:
                    index.begin(head.offset, head.number, head.names, head.step, head.before)
                index.marks |= head.marks
    except Corrupt:
        pass  # whoever reads on meets it, at its place
    return rows_of(index.packed())
