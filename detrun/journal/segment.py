"""Segments of a journal as they are written: one file each, from its first line to its footer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from detrun.errors import Unwritable
from detrun.journal.blocks import Builder, Keys, Kind
from detrun.journal.disk import Disk
from detrun.journal.header import Header, first_line
from detrun.journal.index import Footer, IndexBuilder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def segment_path(path: Path, segment: int) -> Path:
    """Where a segment of the journal at this path is: `run.bin`, `run.bin.1`, `run.bin.2`."""
    return path if not segment else path.with_name(f"{path.name}.{segment}")


def opening(header: Header) -> tuple[bytes, bytes]:
    """How a segment begins: its first line and its header; and the key of all blocks that follow."""
    line = first_line()
    builder = Builder(Keys(line))
    block = builder.build(Kind.HEADER, msgspec.msgpack.encode(header))
    return line + block, builder.check


class Segment:
    """A segment that is being written."""

    def __init__(self, path: Path, header: Header, *, clock: Callable[[], float] | None = None) -> None:
        self.header = header
        self.disk = Disk(segment_path(path, header.segment))
        self._names = header.names
        self._step = header.step
        self._entries = 0
        self.index = IndexBuilder()
        begin, key = opening(header)
        self._builder = Builder(Keys(key), 1, key, clock=clock)
        try:
            self.disk.write(begin)
        except Unwritable:
            self.disk.discard()
            raise

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.disk.size

    def write(self, raw: bytearray, count: int, marks: int, names: int, step: int) -> None:
        """Write a block of entries; with it, so many names have been given, and this is the last step."""
        builder, index, disk = self._builder, self.index, self.disk
        if disk.size >= index.next:
            index.begin(disk.size, builder.number, self._names, self._step, builder.check)
        disk.write(*builder.entries(raw, count, marks, self._names, self._step))
        index.marks |= marks
        self._entries += count
        self._names, self._step = names, step

    def seal(self, *, continued: bool = False) -> Header:
        """Write index and footer; the header of a segment that would follow."""
        footer = Footer(self.disk.size, self._builder.check, self._entries, self._names, self._step, continued)
        index = self._builder.build(Kind.INDEX, self.index.packed())
        self.disk.write(index + self._builder.build(Kind.FOOTER, footer.packed()))
        return msgspec.structs.replace(
            self.header,
            segment=self.header.segment + 1,
            previous=self._builder.check,
            names=self._names,
            step=self._step,
        )
