"""Blocks: what a file consists of after its first line. It knows their heads and checks, not what is in them.

A head has a check of its own, so that one can walk from block to block without reading what they contain; the other
check covers the content, and the check of the block before. Both are keyed by the segment. So a block is wrong wherever
it was not written: behind another block, in another segment, in another journal. Of full blocks the other check is
BLAKE2, which costs 8 ns an entry, and misses nothing in the lifetime of a disk. Where a block is written before each
output it is XXH3, which takes a tenth of the time or less.
"""

from __future__ import annotations

import struct
import zlib
from enum import IntEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec
from xxhash import xxh3_64_intdigest

from detrun.journal.checks import LOWER_HALF
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

WORTH_A_DICTIONARY = 4096
"""Below this whoever is in a hurry compresses nothing."""

MOST_FUTILE = 64
"""Whoever is in a hurry leaves at most so many blocks as they are behind one that could not be compressed."""

REST, LONGEST_REST = 49, 0.1
"""Whoever is in a hurry compresses for a fiftieth of the time: so many times as long, or so many seconds, it does not.

What becomes an eighth or less is never left as it is: to compress that costs less than to write it.
"""

LARGE_ENTRY = 1024
"""That is for entries that have so many bytes each, or more: the others take little time beside what makes them."""

COMPRESSED, WITH_DICTIONARY, SWIFT_WITH_CRC, SWIFT = 1, 2, 4, 8
CHECK_SIZE = 8
NOTHING_BEFORE = bytes(CHECK_SIZE)

_FACTS = struct.Struct("<4sBBHIIIIIQ")
_FACTS_AND_CHECK = struct.Struct("<4sBBHIIIIIQQ")
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
    """Makes the blocks of one segment, one after the other; those of entries are swift if there is a clock."""

    def __init__(
        self,
        keys: Keys,
        number: int = 0,
        before: bytes = NOTHING_BEFORE,
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.number = number
        self._clock = clock
        self._swift = clock is not None
        # As a number, for as long as nobody asks for its bytes.
        self._check = int.from_bytes(before, "little")
        self._crc, self._hash = keys.crc, keys.hash
        self._compress: Callable[[bytes | bytearray], bytes] | None = None
        self._compress_small: Callable[[bytes | bytearray], bytes] | None = None
        self._dictionary = bytearray()
        # How many blocks are not worth trying, and how many were not the last time.
        self._left = self._futile = 0
        # Until when nothing is compressed, for whoever is in a hurry.
        self._rests = 0.0

    @property
    def check(self) -> bytes:
        """That of the last block."""
        return self._check.to_bytes(CHECK_SIZE, "little")

    def build(self, kind: Kind, raw: bytes | bytearray) -> bytes:
        """The bytes of the next block, which is none of entries."""
        stored, flags = raw, 0
        # A footer is found from the end of the file, and has always the same size.
        if kind != Kind.FOOTER and len(raw) >= WORTH_COMPRESSING:
            stored, flags = self._compressed(raw)
        facts = _FACTS.pack(SYNC, kind, flags, 0, self.number, 0, len(raw), len(stored), 0, 0)
        return b"".join((self._head(facts, stored), stored))

    def entries(self, raw: bytearray, count: int, marks: int, names: int, step: int) -> tuple[bytes, bytes | bytearray]:
        """The next block, one of entries: its head, and what is stored. So many names and steps were before it."""
        stored: bytes | bytearray = raw
        flags, size, number = 0, len(raw), self.number
        if size >= WORTH_A_DICTIONARY or not self._swift:
            stored, flags = self._smaller(raw, count)
        if self._compress_small is None:
            self._learn(raw)
        if not self._swift:
            facts = _FACTS.pack(SYNC, _ENTRIES, flags, marks, number, count, size, len(stored), names, step)
            return self._head(facts, stored), stored
        self._check = check = xxh3_64_intdigest(stored, self._check)
        self.number = number + 1
        head = _FACTS_AND_CHECK.pack(
            SYNC, _ENTRIES, flags | SWIFT, marks, number, count, size, len(stored), names, step, check
        )
        return head + _CRC.pack(zlib.crc32(head, self._crc)), stored

    def _head(self, facts: bytes, stored: bytes | bytearray) -> bytes:
        hashed = self._hash.copy()
        hashed.update(b"".join((self.check, facts, stored)))
        check = hashed.digest()
        self._check = int.from_bytes(check, "little")
        self.number += 1
        head = facts + check
        return head + _CRC.pack(zlib.crc32(head, self._crc))

    def _smaller(self, raw: bytearray, count: int) -> tuple[bytes | bytearray, int]:
        """What is stored of so many entries."""
        if self._clock is None:
            return self._squeezed(raw)
        if self._left:
            self._left -= 1
            return raw, 0
        if len(raw) < count * LARGE_ENTRY:
            return self._squeezed(raw)
        began = self._clock()
        if began < self._rests:
            return raw, 0
        stored, flags = self._squeezed(raw)
        if flags and len(stored) > len(raw) >> 3:
            ended = self._clock()
            self._rests = ended + min((ended - began) * REST, LONGEST_REST)
        return stored, flags

    def _squeezed(self, raw: bytearray) -> tuple[bytes | bytearray, int]:
        """The entries compressed, if that makes them smaller."""
        size = len(raw)
        if size < SMALL and self._compress_small is not None:
            stored: bytes | bytearray = self._compress_small(raw)
            flags = COMPRESSED | WITH_DICTIONARY
        elif size >= WORTH_COMPRESSING:
            stored, flags = self._compressed(raw)
        else:
            return raw, 0
        if len(stored) < size - (size >> 4):
            self._futile = 0
            return stored, flags
        # What is encrypted or compressed already most often comes in a row.
        self._left = self._futile = min(2 * self._futile + 1, MOST_FUTILE)
        return raw, 0

    def _compressed(self, raw: bytes | bytearray) -> tuple[bytes | bytearray, int]:
        if self._compress is None:
            self._compress = compressor(swift=self._swift)
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
    if _check(head, facts, stored, keys) != head.check:
        raise Mismatch("expected a block that agrees with its checksum, got another")
    if not head.flags & COMPRESSED:
        return stored
    return decompressed(stored, head.raw, known() if head.flags & WITH_DICTIONARY else None)


def _check(head: Head, facts: bytes | memoryview, stored: bytes | memoryview, keys: Keys) -> bytes:
    """The check that a block should have."""
    if head.flags & SWIFT:
        return xxh3_64_intdigest(stored, int.from_bytes(head.before, "little")).to_bytes(CHECK_SIZE, "little")
    if head.flags & SWIFT_WITH_CRC:
        before = int.from_bytes(head.before, "little") & LOWER_HALF
        return zlib.crc32(stored, before).to_bytes(CHECK_SIZE, "little")
    hashed = keys.hash.copy()
    hashed.update(head.before)
    hashed.update(facts[: _FACTS.size])
    hashed.update(stored)
    return hashed.digest()
