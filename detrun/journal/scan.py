"""One segment as it is read: from its first line, block by block, to where it ends. It believes nothing unchecked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from detrun.errors import Corrupt, FormatUnknown, Truncated
from detrun.journal.blocks import (
    DICTIONARY,
    HEAD_SIZE,
    LARGEST_BLOCK,
    LONGEST_DICTIONARY,
    NOTHING_BEFORE,
    SYNC,
    WITH_DICTIONARY,
    Head,
    Keys,
    Kind,
    Mismatch,
    content,
    head_at,
)
from detrun.journal.codec import entries_of
from detrun.journal.compression import dictionary
from detrun.journal.header import FORMAT, LONGEST_LINE, MAGIC, Header
from detrun.journal.index import FOOTER_SIZE, Footer, Row, footer_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.journal.entries import Entry
    from detrun.journal.media import Medium

_WINDOW = 256 * 1024
_header = msgspec.msgpack.Decoder(Header)


class Finished(msgspec.Struct, frozen=True):
    """A segment ends with a footer, as it should."""

    footer: Footer
    check: bytes


class Open(msgspec.Struct, frozen=True):
    """A segment ends behind a whole block, without a footer: it is being written, or its writer was killed."""

    at: int


class Torn(msgspec.Struct, frozen=True):
    """What lies behind the last whole block of a segment is none: its writer was stopped while it wrote."""

    at: int
    lost: int

    def __str__(self) -> str:
        return f"the last {self.lost:,} bytes, from byte {self.at:,} on, are no whole block"


class Missing(msgspec.Struct, frozen=True):
    """The next segment is not there, or has no whole header: its writer was stopped before that, or it was lost."""

    segment: int

    def __str__(self) -> str:
        return f"segment {self.segment}, in which the journal goes on, is not there"


Ending: TypeAlias = Finished | Open | Torn | Missing


class Scan:
    """A segment. What it gives was checked; what cannot be trusted raises, and says where."""

    def __init__(self, medium: Medium) -> None:
        self.medium = medium
        # How large it was when it was asked last.
        self._size = 0
        self._dictionary: Any = None
        line = self._first_line()
        self.format = int(line.split(b" ")[2])
        keys = Keys(line)
        head = self._head(len(line), keys, NOTHING_BEFORE)
        if head is None:
            raise self._no_header(len(line))
        if (head.kind, head.number) != (Kind.HEADER, 0):
            raise self._corrupt(head.offset, f"expected the header, got block {head.number} of kind {head.kind}")
        if head.end > medium.size():
            raise self._no_header(len(line))
        try:
            self.header = _header.decode(self._content(head, keys))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise self._corrupt(head.offset, f"expected a header, got something else: {error}") from error
        self.first = head.end
        self._check = head.check
        self._keys = Keys(head.check)

    def heads(self, offset: int = 0, number: int = 1, before: bytes = b"") -> Iterator[Head | Finished | Open | Torn]:
        """The heads of the blocks from one on, by its place, number and check before, and last how the segment ends."""
        offset, before = offset or self.first, before or self._check
        while True:
            head = self._next(offset, number, before)
            if not isinstance(head, Head):
                yield head
                return
            if head.kind == Kind.FOOTER:
                yield self._finished(head)
                return
            if head.kind not in (Kind.ENTRIES, Kind.INDEX):
                raise self._corrupt(offset, f"expected entries or an index, got a block of kind {head.kind}")
            yield head
            offset, number, before = head.end, number + 1, head.check

    def entries(self, head: Head) -> list[Entry] | Torn:
        """The entries of a block; or that it is no whole block after all, and nothing behind it is."""
        try:
            return entries_of(self._content(head, self._keys), head.count)
        except Mismatch as error:
            return self._torn(head.offset, self.medium.size(), str(error))
        except ValueError as error:
            raise self._corrupt(head.offset, str(error)) from error

    def check(self, head: Head) -> Torn | None:
        """Whether a block that has no entries is whole: if not, the segment is torn there."""
        try:
            self._content(head, self._keys)
        except Mismatch as error:
            return self._torn(head.offset, self.medium.size(), str(error))
        return None

    def finished(self) -> Finished | None:
        """The footer, if the segment ends with one; found from the end of the file, without reading what is before."""
        offset = self.medium.size() - HEAD_SIZE - FOOTER_SIZE
        footer = self._footer(offset) if offset >= self.first else None
        if footer is None or not self.first <= footer.index < offset:
            return None
        index = self._head(footer.index, self._keys, footer.last)
        head = None if index is None else self._head(offset, self._keys, index.check)
        found = None if head is None else self._finished(head)
        return found if isinstance(found, Finished) else None

    def rows(self, footer: Footer) -> list[Row]:
        """The index of a segment that is finished."""
        head = self._head(footer.index, self._keys, footer.last)
        if head is None or head.kind != Kind.INDEX:
            raise self._corrupt(footer.index, "expected an index, got something else")
        try:
            return rows_of(self._content(head, self._keys))
        except ValueError as error:
            raise self._corrupt(footer.index, str(error)) from error

    def _first_line(self) -> bytes:
        begin = self.medium.read(0, LONGEST_LINE)
        line, newline, _ = begin.partition(b"\n")
        words = line.split(b" ")
        if not newline and begin.startswith(MAGIC.encode()[: len(begin)]) and len(begin) < LONGEST_LINE:
            raise Truncated(self.medium.name, 0, "the journal ends within its first line, nothing of it can be read")
        if b" ".join(words[:2]) != MAGIC.encode() or len(words) != 4 or not words[2].isdigit():
            raise self._corrupt(0, f"expected a journal, which begins with {MAGIC!r}, got {begin[:24]!r}")
        if int(words[2]) > FORMAT:
            raise FormatUnknown(self.medium.name, int(words[2]), FORMAT, words[3].decode("ascii", "replace"))
        return line + newline

    def _no_header(self, offset: int) -> Truncated | Corrupt:
        if self.medium.size() < offset + HEAD_SIZE + 1 or self._is_header(offset):
            return Truncated(self.medium.name, offset, "the journal ends within its header, nothing of it can be read")
        return self._corrupt(offset, "expected the header, got something else")

    def _is_header(self, offset: int) -> bool:
        return self._head(offset, Keys(self.medium.read(0, offset)), NOTHING_BEFORE) is not None

    def _footer(self, offset: int) -> Footer | None:
        """What stands where a footer would, not checked yet: it takes what is in it to do that."""
        head = self._head(offset, self._keys, NOTHING_BEFORE)
        if head is None or (head.kind, head.stored) != (Kind.FOOTER, FOOTER_SIZE):
            return None
        return footer_of(self.medium.read(head.body, FOOTER_SIZE))

    def _head(self, offset: int, keys: Keys, before: bytes) -> Head | None:
        return head_at(self.medium.read(offset, HEAD_SIZE), 0, keys, offset, before)

    def _next(self, offset: int, number: int, before: bytes) -> Head | Open | Torn:
        reached = self._reaches(offset + HEAD_SIZE)
        head = self._head(offset, self._keys, before) if reached else None
        if head is None:
            size = self.medium.size() if reached else self._size
            return self._torn(offset, size, "expected a block, got something else") if size > offset else Open(offset)
        if head.number != number:
            raise self._corrupt(offset, f"expected block {number}, got block {head.number}")
        if max(head.raw, head.stored) > LARGEST_BLOCK or head.count > head.raw:
            raise self._corrupt(offset, f"expected a block of at most {LARGEST_BLOCK:,} bytes, got one of {head.raw:,}")
        if not self._reaches(head.end):
            return self._torn(offset, self._size, "expected a whole block, got a part of one")
        return head

    def _reaches(self, end: int) -> bool:
        """Whether the segment has so many bytes; what is written after it was found to have fewer is for next time."""
        if end > self._size:
            self._size = self.medium.size()
        return end <= self._size

    def _content(self, head: Head, keys: Keys) -> bytes | memoryview:
        if max(head.raw, head.stored) > LARGEST_BLOCK:
            raise ValueError(f"expected a block of at most {LARGEST_BLOCK:,} bytes, got one of {head.raw:,}")
        block = memoryview(self.medium.read(head.offset, HEAD_SIZE + head.stored))
        return content(head, block[:HEAD_SIZE], block[HEAD_SIZE:], keys, self._known)

    def _known(self) -> Any:
        """The dictionary of small blocks: the first entries of the segment, which were written without one."""
        if self._dictionary is None:
            learned = bytearray()
            for head in self.heads():
                if not isinstance(head, Head) or head.flags & WITH_DICTIONARY or len(learned) >= DICTIONARY:
                    break
                try:
                    learned += self._content(head, self._keys)
                except Mismatch as error:
                    raise self._corrupt(head.offset, f"{error}, and what follows cannot be read without it") from error
            if len(learned) < DICTIONARY:
                raise ValueError("expected a block without a dictionary, for there is none, got one with")
            self._dictionary = dictionary(learned[:LONGEST_DICTIONARY])
        return self._dictionary

    def _finished(self, head: Head) -> Finished | Torn:
        try:
            footer = footer_of(self._content(head, self._keys))
        except Mismatch as error:
            return self._torn(head.offset, self.medium.size(), str(error))
        except ValueError as error:
            raise self._corrupt(head.offset, str(error)) from error
        if head.end != self.medium.size():
            raise self._corrupt(head.end, "expected nothing behind the footer, got something")
        return Finished(footer, head.check)

    def _torn(self, offset: int, size: int, what: str) -> Torn:
        """A block is not whole. If a later one is, this one was too: only the end of a journal can be torn."""
        later = self._later(offset + 1, size)
        if later is not None:
            place = f"block {later.number} behind it, at byte {later.offset:,}, is whole"
            raise self._corrupt(offset, f"{what} ({place})")
        return Torn(offset, size - offset)

    def _later(self, offset: int, size: int) -> Head | None:
        while offset < size:
            window = self.medium.read(offset, _WINDOW + HEAD_SIZE)
            place = window.find(SYNC)
            while 0 <= place < _WINDOW:
                head = head_at(window, place, self._keys, offset + place, NOTHING_BEFORE)
                if head is not None and head.end <= size:
                    return head
                place = window.find(SYNC, place + 1)
            offset += _WINDOW
        return None

    def _corrupt(self, offset: int, what: str) -> Corrupt:
        return Corrupt(self.medium.name, offset, what)
