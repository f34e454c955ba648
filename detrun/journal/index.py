"""The end of a finished segment: where its steps are, and how it ended. Knows nothing of files."""

from __future__ import annotations

import struct

import msgspec

STRETCH = 32 * 1024
"""Blocks are pointed at in stretches of about this many bytes: a program that writes small ones has no larger index."""

MOST_ROWS = 100_000
"""A segment that would need more is ended first; so an index fits a block, and a writer's memory."""

_ROW = struct.Struct("<QIIQ8sH")
_FOOTER = struct.Struct("<Q8sQIQB")
FOOTER_SIZE = _FOOTER.size


class Row(msgspec.Struct, frozen=True, gc=False):
    """A stretch of blocks: where the first stands, its number, what came before it, and what the stretch contains.

    Before it were so many names, this step, and a block with this check.
    """

    offset: int
    number: int
    names: int
    step: int
    before: bytes
    marks: int


class Footer(msgspec.Struct, frozen=True, gc=False):
    """How a segment ended: where its index is, what it has in all, and whether another follows.

    `last` is the check of the block before the index: so index and footer are known to belong to what is before.
    """

    index: int
    last: bytes
    entries: int
    names: int
    step: int
    continued: bool

    def packed(self) -> bytes:
        return _FOOTER.pack(self.index, self.last, self.entries, self.names, self.step, self.continued)


class IndexBuilder:
    """Notes blocks as they are written: whoever writes one from `next` on begins a stretch with it."""

    def __init__(self) -> None:
        # Where the next stretch begins at the earliest, and what the one that is written contains.
        self.next = self.marks = 0
        # Whether the segment should be ended.
        self.full = False
        self._rows = bytearray()
        self._row: tuple[int, int, int, int, bytes] | None = None

    def begin(self, offset: int, number: int, names: int, step: int, before: bytes) -> None:
        """A stretch begins here; before it, so many names were given, so many steps taken, a block had this check."""
        self._finish()
        self._row = (offset, number, names, step, before)
        self.next = offset + STRETCH

    def packed(self) -> bytearray:
        self._finish()
        self._row = None
        return self._rows

    def _finish(self) -> None:
        if self._row is not None:
            self._rows += _ROW.pack(*self._row, self.marks)
            self.marks = 0
            self.full = len(self._rows) >= MOST_ROWS * _ROW.size


def rows_of(payload: bytes | bytearray | memoryview) -> list[Row]:
    """The rows of an index; `ValueError` if its bytes are none."""
    if len(payload) % _ROW.size:
        raise ValueError("expected an index of whole rows, got a part of one")
    return [Row(*row) for row in _ROW.iter_unpack(payload)]


def footer_of(payload: bytes | memoryview) -> Footer:
    """A footer; `ValueError` if its bytes are none."""
    if len(payload) != _FOOTER.size:
        raise ValueError(f"expected a footer of {_FOOTER.size} bytes, got one of {len(payload)}")
    index, last, entries, names, step, continued = _FOOTER.unpack(payload)
    return Footer(index, last, entries, names, step, bool(continued))
