"""Entries and journals that the tests of the journal share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from detrun.journal.entries import (
    Checked,
    ContextBegun,
    ContextEnded,
    Cut,
    Decided,
    Emitted,
    Ended,
    Entry,
    Failed,
    GenerationMoved,
    Happened,
    InputKind,
    Named,
    OutputKind,
    Phase,
    Received,
    Sent,
    Snapshot,
    Stored,
)
from detrun.journal.header import Header
from detrun.journal.segment import segment_path
from detrun.journal.writer import Durability, Writer

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = Header(run="0123456789abcdef0123456789abcdef", seed="7", target="app.py", python="3.11.7", detrun="0.1.0")

BLOB = bytes.fromhex("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")

# One of each kind, in an order in which a run could have them.
EACH: list[Entry] = [
    Named(1, "client-1 to Room:a"),
    Named(2, "Room:a"),
    Stored(BLOB, 0, b"hello", last=True),
    GenerationMoved(0, 1, Phase.LOAD, 2, (("app.py", BLOB),)),
    GenerationMoved(0, 1, Phase.READY),
    ContextBegun(0, 1, 2, "object", 0, 1),
    Snapshot(0, 2, BLOB, 5),
    Received(0, InputKind.READ, -5_000_000_000_000_000_000, 1, 1, b"GET / HTTP/1.1\r\n\r\n", 0, 1_000),
    Decided(1, 2**63 - 1, 3, 1, 1),
    Sent(2, -(2**63), 7, 1, 0xFFFF_FFFF, 120),
    Emitted(2, OutputKind.WRITE, 5, 1, 1, 0, 0, b"", 0),
    Happened(2, -5, 1, 1, 1_500),
    Checked(2, -1, 2_000, b"\x01\x00\xff\xff"),
    Cut(3, "idle"),
    ContextEnded(4, 1, "evicted"),
    Failed(4, "exception", "KeyError: 'ä'", "app.py:3", "Traceback"),
    Ended(4, "failed", 1, -1, 3_000),
]


def messages(count: int, first: int = 1) -> list[Entry]:
    """As many messages, one a step."""
    return [Sent(step, -step * 7_919, step, 1, step * 31, 64) for step in range(first, first + count)]


def write(
    path: Path,
    entries: Iterable[Entry],
    *,
    block: int = 1024,
    segment: int = 2**30,
    end: bool = True,
    header: Header = HEADER,
) -> Path:
    """A journal of these entries, in small blocks; without its end, as if its writer had been killed."""
    writer = Writer(path, header, durability=Durability.NONE, block=block, segment=segment)
    for entry in entries:
        writer.append(entry)
    if end:
        writer.close()
    else:
        writer.flush()
        writer.abandon()
    return path


def contents(path: Path) -> list[bytes]:
    """The bytes of all segments of a journal."""
    found, number = [], 0
    while segment_path(path, number).exists():
        found.append(segment_path(path, number).read_bytes())
        number += 1
    return found
