"""Blocks: what a file consists of after its first line. It knows their heads and checks, not what is in them.

A head has a check of its own, so that one can walk from block to block without reading what they contain; the other
check covers head and content, and the check of the block before. Both are keyed by the segment. So a block is wrong
wherever it was not written: behind another block, in another segment, in another journal. Databases use a CRC; BLAKE2
costs four times that, which is 8 ns an entry, and misses nothing in the lifetime of a disk.
"""

from __future__ import annotations

import struct
import zlib
from enum import IntEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.journal.compression import compressor, compressor_of_small, decompressed, dictionary

if TYPE_CHECKING:
    from collections.abc import Callable

SYNC = b"\xffdR\n"
"""How a head begins: bytes that no text has."""

LARGEST_BLOCK = 4 * 1024 * 1024
"""What a block may contain, before and after compression; whoever claims more is not believed."""

WORTH_COMPRESSING = 1024
"""Below this a frame by itself costs more time than it saves bytes."""

SMALL = 16 * 1024
"""Up to this a block of entries is better compressed with what the segment began with as a dictionary."""

DICTIONARY, LONGEST_DICTIONARY = 16 * 1024, 32 * 1024
"""So many bytes of the first entries are enough for one, and more than so many are of no use."""

COMPRESSED, WITH_DICTIONARY = 1, 2
CHECK_SIZE = 8
NOTHING_BEFORE = bytes(CHECK_SIZE)

_FACTS = struct.Struct("<4sBBHIIIIIQ")
_CRC = struct.Struct("<I")
HEAD_SIZE = _FACTS.size + CHECK_SIZE + _CRC.size


class Kind(IntEnum):
    """What a block is for."""

    HEADER = 1
    ENTRIES = 2
    INDEX = 3
    FOOTER = 4


_ENTRIES = int(Kind.ENTRIES)


class Head(msgspec.Struct, frozen=True, gc=False):
    """What a block says of itself, and where it stands."""

    offset: int
    kind: int
    flags: int
    marks: int
    number: int
    count: int
    raw: int
    stored: int
    names: int
    step: int
    check: bytes
    before: bytes

    @property
    def body(self) -> int:
        """Where its content begins."""
        return self.offset + HEAD_SIZE

    @property
    def end(self) -> int:
        """Where the next block begins."""
        return self.body + self.stored


class Mismatch(ValueError):
    """A block does not have the checksum that it says it has."""


class Keys:
    """What a segment mixes into its checks, derived from its first line or the check of its header."""

    def __init__(self, key: bytes) -> None:
        self.crc = zlib.crc32(key)
        self.hash = blake2b(key=key, digest_size=CHECK_SIZE)


class Builder:
    """Makes the blocks of one segment, one after the other."""

    def __init__(self, keys: Keys, number: int = 0, before: bytes = NOTHING_BEFORE) -> None:
        self.number = number
        self.check = before
        self._crc, self._hash = keys.crc, keys.hash
        self._compress: Callable[[bytes | bytearray], bytes] | None = None
        self._compress_small: Callable[[bytes | bytearray], bytes] | None = None
        self._dictionary = bytearray()

    def build(self, kind: Kind, raw: bytes | bytearray) -> bytes:
        """The bytes of the next block, which is none of entries."""
        stored, flags = raw, 0
        # A footer is found from the end of the file, and has always the same size.
        if kind != Kind.FOOTER:
            stored, flags = self._compressed(raw)
        return self._block(kind, flags, 0, 0, len(raw), stored, 0, 0)

    def entries(self, raw: bytearray, count: int, marks: int, names: int, step: int) -> bytes:
        """The bytes of the next block, which is one of entries; before it, so many names were given and steps taken."""
        if self._compress_small is None:
            self._learn(raw)
            stored, flags = self._compressed(raw)
        elif len(raw) < SMALL:
            stored, flags = self._compress_small(raw), COMPRESSED | WITH_DICTIONARY
            if len(stored) >= len(raw):
                stored, flags = raw, 0
        else:
            stored, flags = self._compressed(raw)
        return self._block(_ENTRIES, flags, marks, count, len(raw), stored, names, step)

    def _block(  # noqa: PLR0917  # as they stand in the head
        self,
        kind: int,
        flags: int,
        marks: int,
        count: int,
        size: int,
        stored: bytes | bytearray,
        names: int,
        step: int,
    ) -> bytes:
        number = self.number
        facts = _FACTS.pack(SYNC, kind, flags, marks, number, count, size, len(stored), names, step)
        hashed = self._hash.copy()
        hashed.update(b"".join((self.check, facts, stored)))
        self.check = check = hashed.digest()
        self.number = number + 1
        head = facts + check
        return b"".join((head, _CRC.pack(zlib.crc32(head, self._crc)), stored))

    def _compressed(self, raw: bytes | bytearray) -> tuple[bytes | bytearray, int]:
        if len(raw) < WORTH_COMPRESSING:
            return raw, 0
        if self._compress is None:
            self._compress = compressor()
        stored = self._compress(raw)
        return (stored, COMPRESSED) if len(stored) < len(raw) else (raw, 0)

    def _learn(self, raw: bytes | bytearray) -> None:
        self._dictionary += raw
        if len(self._dictionary) >= DICTIONARY:
            self._compress_small = compressor_of_small(dictionary(self._dictionary[:LONGEST_DICTIONARY]))
            self._dictionary.clear()


def head_at(data: bytes, place: int, keys: Keys, offset: int, before: bytes) -> Head | None:
    """The head at this place of the data, or None; it is at this offset of the file, behind a block with that check."""
    if data[place : place + len(SYNC)] != SYNC:
        return None
    head = data[place : place + HEAD_SIZE - _CRC.size]
    if len(data) - place < HEAD_SIZE or _CRC.unpack_from(data, place + len(head))[0] != zlib.crc32(head, keys.crc):
        return None
    _, kind, flags, marks, number, count, raw, stored, names, step = _FACTS.unpack_from(data, place)
    return Head(offset, kind, flags, marks, number, count, raw, stored, names, step, head[_FACTS.size :], before)


def content(
    head: Head,
    facts: bytes | memoryview,
    stored: bytes | memoryview,
    keys: Keys,
    known: Callable[[], Any],
) -> bytes | memoryview:
    """What a block contains; `Mismatch` if its bytes are not those that were written, `ValueError` if they are odd.

    `known` gives the dictionary of the segment.
    """
    hashed = keys.hash.copy()
    hashed.update(head.before)
    hashed.update(facts[: _FACTS.size])
    hashed.update(stored)
    if hashed.digest() != head.check:
        raise Mismatch("expected a block that agrees with its checksum, got another")
    if not head.flags & COMPRESSED:
        return stored
    return decompressed(stored, head.raw, known() if head.flags & WITH_DICTIONARY else None)
