"""Entries to bytes and back. It does not know of blocks, nor where the bytes are kept."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import msgspec

from detrun.errors import InternalError
from detrun.journal.entries import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.journal.entries import Row

# Entries stand in one array per block: read as one value they cost a third of what they cost one by one.
_ARRAY = struct.Struct(">BI")
_ARRAY_32 = 0xDD
EMPTY = _ARRAY.pack(_ARRAY_32, 0)

LARGEST_ENTRY = 2 * 1024 * 1024
"""No entry is larger, so that a block can be; what is larger is stored as a blob, in parts."""

_encode_into = msgspec.msgpack.Encoder().encode_into
_decoder = msgspec.msgpack.Decoder(list[Entry])


def add(entry: Entry, buffer: bytearray) -> None:
    """Append an entry to a buffer that began as `EMPTY`; if it cannot be, the buffer is what it was."""
    before = len(buffer)
    try:
        _encode_into(entry, buffer, -1)
    except (TypeError, ValueError, OverflowError) as error:
        del buffer[before:]
        raise InternalError(f"expected an entry that can be written, got {entry!r}: {error}") from error
    if len(buffer) - before > LARGEST_ENTRY:
        size = len(buffer) - before
        del buffer[before:]
        raise InternalError(f"expected an entry of at most {LARGEST_ENTRY:,} bytes, got one of {size:,}: store a blob")


def add_all(entries: Sequence[Entry | Row], buffer: bytearray) -> None:
    """Append entries to a buffer at a third of what they cost one by one; if that fails, the buffer is what it was."""
    before, count = len(buffer), len(entries)
    # They are an array of their own, which the block is already: its head stands in the place of what is before it.
    place = before - (1 if count < 16 else 3 if count < 65_536 else 5)
    overwritten = buffer[place:]
    try:
        _encode_into(entries, buffer, place)
    except (TypeError, ValueError, OverflowError) as error:
        buffer[place:] = overwritten
        raise InternalError(f"expected entries that can be written: {error}") from error
    buffer[place:before] = overwritten


def fill(entries: Sequence[Entry | Row], buffer: bytearray) -> None:
    """Make a buffer the content of a block of these entries and nothing else; what it had before is room for them."""
    count = len(entries)
    try:
        # Behind the head that all blocks have, in the place of the one that an array would have.
        _encode_into(entries, buffer, 4 if count < 16 else 2 if count < 65_536 else 0)
    except (TypeError, ValueError, OverflowError) as error:
        raise InternalError(f"expected entries that can be written: {error}") from error
    _ARRAY.pack_into(buffer, 0, _ARRAY_32, count)


def finish(buffer: bytearray, count: int) -> None:
    """Note at the beginning of a buffer how many entries it has."""
    _ARRAY.pack_into(buffer, 0, _ARRAY_32, count)


def entries_of(payload: bytes | memoryview, count: int) -> list[Entry]:
    """The entries of a block; `ValueError` says what is wrong with the bytes."""
    if len(payload) < len(EMPTY) or _ARRAY.unpack_from(payload) != (_ARRAY_32, count):
        raise ValueError(f"expected an array of {count:,} entries, got something else")
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"expected entries, got bytes that are none: {error}") from error
