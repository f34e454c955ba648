"""The segments of a journal as they are found: which there are, that they chain, and where a step is in them."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from detrun.errors import Corrupt, Truncated
from detrun.journal.blocks import Head
from detrun.journal.index import IndexBuilder, Row, rows_of
from detrun.journal.scan import Ending, Finished, Scan
from detrun.journal.segments import segment_path
from detrun.journal.sources import File, Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.journal.sources import Source


class Place(NamedTuple):
    """Where a block begins: its segment, its offset there (0: the first one), and its number."""

    segment: int
    offset: int = 0
    number: int = 1


class Segments:
    """The segments of one journal. None is kept open but the one that was used last."""

    def __init__(self, path: str | Path | Sequence[bytes]) -> None:
        self._path = path
        self._last: tuple[int, Scan] | None = None
        self._rows: dict[int, list[Row]] = {}
        self.first = self.scan(0)

    def scan(self, segment: int) -> Scan:
        """A segment that is there."""
        if self._last is None or self._last[0] != segment:
            self._last = (segment, self._checked(Scan(self._source(segment)), segment))
        return self._last[1]

    def after(self, segment: int, ending: Ending) -> Scan | None:
        """The segment after one that ends like this; None if that one was the last."""
        there = self._is_there(segment + 1)
        if not isinstance(ending, Finished) or not ending.footer.continued:
            if there:
                name = self.scan(segment).source.name
                raise Corrupt(name, 0, "expected the last segment, for its end says so, got one more behind it")
            return None
        if not there:
            what = f"the journal goes on in segment {segment + 1}, which is not there"
            raise Truncated(self.scan(segment).source.name, self.scan(segment).source.size(), what)
        following = self.scan(segment + 1)
        if following.header.previous != ending.check:
            raise Corrupt(following.source.name, 0, f"expected segment {segment + 1} to follow the one before it")
        return following

    def place_of(self, step: int) -> Place:
        """A block before which all steps are earlier than this one."""
        return self._place(lambda scan: scan.header.step, lambda row: row.step, step)

    def place_of_name(self, number: int) -> Place:
        """A block before which all names have lower numbers than this one."""
        return self._place(lambda scan: scan.header.names, lambda row: row.names, number)

    def rows(self, segment: int) -> list[Row]:
        """The index of a segment; of one that is not finished it is made, by walking along the heads."""
        scan = self.scan(segment)
        finished = scan.finished()
        if finished is not None:
            return scan.rows(finished.footer)
        return _walked(scan)

    def count(self) -> int:
        """How many there are by now."""
        count = 1
        while self._is_there(count):
            count += 1
        return count

    def _place(self, of_scan: Callable[[Scan], int], of_row: Callable[[Row], int], value: int) -> Place:
        """The last place before which everything is less than the value."""
        segments = range(self.count())
        segment = max(bisect_left(segments, value, key=lambda number: of_scan(self.scan(number))) - 1, 0)
        rows = self._indexed(segment)
        row = bisect_left(rows, value, key=of_row) - 1
        return Place(segment) if row < 0 else Place(segment, rows[row].offset, rows[row].number)

    def _indexed(self, segment: int) -> list[Row]:
        # One index is kept: whoever looks up one name looks up its neighbour next.
        if segment not in self._rows:
            self._rows = {segment: self.rows(segment)}
        return self._rows[segment]

    def _source(self, segment: int) -> Source:
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
            raise Corrupt(scan.source.name, 0, f"expected segment {segment} of run {run}, got another")
        return scan


def _walked(scan: Scan) -> list[Row]:
    index = IndexBuilder()
    try:
        for head in scan.heads():
            if isinstance(head, Head):
                index.note(head.offset, head.number, head.names, head.step, head.marks)
    except Corrupt:
        pass  # whoever reads on meets it, at its place
    return rows_of(index.packed())
