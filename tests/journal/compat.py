"""What the journals in `journals/compat/` say, as values, and how they were made.

`python -m tests.journal.compat FOLDER` makes those of today's format. What is there already is never made anew: it is
what earlier versions wrote. A story here changes only together with the format, and then beside the old one.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec.structs import replace

from detrun.journal.checks import KIND, of_output
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
from detrun.journal.header import FORMAT, Header
from detrun.journal.writer import Durability, Writer

Check = Callable[[bytes], int]

SOURCE = b"class Room:\n    async def fetch(self, request): ...\n"
BLOB = sha256(SOURCE).digest()
CLIENT, ROOM = 0x1F2E3D4C5B6A7988, -0x123456789ABCDEF


class Story(msgspec.Struct, frozen=True):
    """What a journal says: its header and entries; and how it was written."""

    header: Header
    entries: tuple[Entry, ...]
    block: int = 1024
    segment: int = 2**30
    ended: bool = True
    torn: int = 0
    # How many entries were given to the system at once, as a live run does it; 0 is when a block was full.
    every: int = 0


def header(run: int, level: str = "lean", seed: str = "7") -> Header:
    """A header with something in every field."""
    return Header(
        run=f"{run:032x}",
        created=1_767_225_600_000_000_000,
        seed=seed,
        strategy="random",
        world="simulated",
        level=level,
        target="room.py:main",
        arguments=("--guests", "2"),
        configuration={"faults": "split,delay"},
        environment={"ROOMS": "a,b"},
        sources={"room.py": BLOB},
        detrun="0.1.0",
        python="3.11.7",
        implementation="cpython",
        platform="Linux-6.1.0-x86_64-with-glibc2.36",
        hash_seed="1",
        sqlite="3.45.1",
        libraries={"aiohttp": "3.9.5", "yarl": "1.9.4"},
        redacted=("header authorization",),
    )


def each(check: Check = zlib.crc32) -> tuple[Entry, ...]:
    """Every kind of entry, of input, of output, and every phase."""
    phases = [GenerationMoved(0, 1, phase, 2, ((("room.py", BLOB),) if phase == 1 else ()), "") for phase in Phase]
    inputs = [
        Received(0, kind, CLIENT, number, 1, f"input {kind.name}".encode(), number - 1, 1_000 * number)
        for number, kind in enumerate(InputKind, 1)
        if kind <= InputKind.TIMER
    ]
    outputs = [
        Emitted(2, kind, ROOM, number, 1, check(kind.name.encode()), len(kind.name), kind.name.encode(), number - 1)
        for number, kind in enumerate(OutputKind, 1)
        if kind <= OutputKind.LISTEN
    ]
    return (
        Named(1, "client-1 to Room:a"),
        Named(2, "Room:a"),
        Named(3, "Raum:ä → 部屋"),
        Stored(BLOB, 0, SOURCE),
        *phases,
        ContextBegun(0, 1, 2, "object", 0, 1),
        ContextBegun(0, 2, 3, "object", 1, 1),
        Snapshot(0, 2, BLOB, len(SOURCE)),
        *inputs,
        Received(0, InputKind.REQUEST, CLIENT, 99, 1, b"", 0, 20_000, BLOB),
        Decided(1, CLIENT, 3),
        Decided(1, ROOM, 4, 2, 1),
        Sent(1, -(2**63), 2**40, 1, 0xFFFF_FFFF, 5),
        Sent(1, 2**63 - 1, 1, 1, zlib.crc32(b"\xff\x00bytes"), 7, b"\xff\x00bytes"),
        Sent(1, ROOM, 5, 1, zlib.crc32(SOURCE), len(SOURCE), b"", BLOB),
        Checked(1, -(2**63), 1_000_000),
        *outputs,
        Emitted(2, OutputKind.RESPONSE, ROOM, 99, 1, check(SOURCE), len(SOURCE), b"", 0, BLOB),
        Happened(2, ROOM, 2, 2, 1_500_000),
        Checked(2, 2**63 - 1, 2_000_000, b"\x01\x00\xff\xff"),
        ContextEnded(3, 2, "evicted"),
        Cut(3, "idle"),
        Failed(4, "exception", "KeyError: 'ä'", "room.py:2 in fetch", 'Traceback:\n  File "room.py", line 2\n'),
        Ended(4, "failed", 3, -1, 3_000_000),
    )


def chat(level: str, *, late: bool = False) -> tuple[Entry, ...]:
    """Two guests in a room. If one is late, the room forgets the other, and fails."""
    entries: list[Entry] = [
        Named(1, "Room:a"),
        Named(2, "ann to Room:a"),
        Named(3, "ben to Room:a"),
        Named(4, "Room:a to ann"),
        ContextBegun(0, 1, 1, "object"),
    ]
    for step in range(1, 9):
        guest, says = (3, b"ben: hello") if step % 3 == 2 else (2, b"ann: hello")
        if late and step >= 6:
            guest, says = 2, b"ann: anybody there?"
        kept = says if level == "full" else b""
        entries.append(Received(step - 1, InputKind.FRAME, CLIENT + guest, step, guest, says, 0, step * 10_000_000))
        if step == 6:
            entries.append(Decided(step, CLIENT + guest, step, 0, guest))
        entries.append(Sent(step, ROOM, step, 4, zlib.crc32(says), len(says), kept))
        entries.append(Checked(step, step * 7_919**4 + guest, step * 10_000_000 + 250_000))
    if late:
        entries.append(Failed(8, "exception", "KeyError: 'ben'", "room.py:2 in fetch", "KeyError: 'ben'"))
    entries.append(Ended(8, "failed" if late else "ok", int(late), 8 * 7_919**4 + late, 90_000_000))
    return tuple(entries)


def blobs() -> tuple[Entry, ...]:
    """Contents in one part, in several, and nothing."""
    parts = [b"%d" % number * 50 for number in range(5)]
    large, nothing = sha256(b"".join(parts)).digest(), sha256(b"").digest()
    return (
        Named(1, "storage"),
        *(Stored(large, number, data, last=number == 4) for number, data in enumerate(parts)),
        Stored(nothing, 0, b""),
        Stored(BLOB, 0, SOURCE),
        *(Snapshot(step, 1, blob, 0) for step, blob in enumerate((large, nothing, BLOB))),
        Ended(3, "ok"),
    )


def messages(count: int, every: int = 3) -> tuple[Entry, ...]:
    """Many messages, and now and then a name that was not there before."""
    entries: list[Entry] = []
    for step in range(1, count + 1):
        if step % every == 1:
            entries.append(Named(step // every + 1, f"client-{step} to Room:a"))
        number = (step - 1) // every + 1
        entries.append(Sent(step, -step * 7_919**4, step, number, step * 31 % 2**32, step % 100))
    return (*entries, Ended(count, "ok"))


def live() -> tuple[Entry, ...]:
    """The inputs of a live run: what is ready, what has not left yet, and what the system says of a socket."""
    return (
        Received(0, InputKind.SOCKET, 1, 1, 0, b"\xc0"),
        Received(1, InputKind.READY, 0, 0, 0, b"\x05\x00\x00\x00\x0a\x00\x00\x00", 2, 1_000_001_234_567),
        Received(2, InputKind.PROGRESS, 2, 0, 0, b"\x00\x10\x00\x00\x00\x00\x00\x00", 104),
    )


def readings() -> tuple[Entry, ...]:
    """What a program read of its surroundings: a variable that was set, one that was not, and a file."""
    return (
        Named(1, "ROOMS"),
        Received(0, InputKind.VARIABLE, 0, 0, 1, b"4", 1),
        Named(2, "DOORS"),
        Received(0, InputKind.VARIABLE, 0, 0, 2),
        Named(3, "/srv/rooms.json"),
        Received(3, InputKind.FILE, 0, 0, 3, BLOB, 1),
    )


def children(check: Check = zlib.crc32) -> tuple[Entry, ...]:
    """A child is begun, is heard, and ends."""
    return (
        Named(1, "main/child 1"),
        Received(1, InputKind.PROCESS, 3, 1, 1, b"\x93\x01\x02\x03", 0, 1_000),
        Emitted(1, OutputKind.CHILD, 3, 1, 1, check(b"SIGTERM"), 7),
        Received(2, InputKind.READ, 4, 1, 0, b"out\n"),
        Received(2, InputKind.CHILD, 1, 0, 0, b"", 15),
        Ended(3, "ok", 0, 7, 2_000_000),
    )


STORIES = {
    "live": Story(header(11), live()),
    "readings": Story(header(12), readings()),
    "every-entry": Story(header(1, "full"), each()),
    "lean": Story(header(2), chat("lean")),
    "full": Story(header(3, "full"), chat("full")),
    "failed": Story(header(4, seed="8"), chat("lean", late=True)),
    "blobs": Story(header(5), blobs(), block=128),
    "segments": Story(header(6), messages(300), block=512, segment=3_000),
    "dictionary": Story(header(7), messages(900), block=2_048),
    "empty": Story(Header(run=f"{8:032x}"), ()),
    "unfinished": Story(header(9), messages(60), block=256, ended=False),
    "torn": Story(header(10), messages(60), block=256, ended=False, torn=40),
}


LATER: dict[str, Story] = {
    "children": Story(header(13), children()),
    "swift": Story(header(14), messages(900), every=40),
    "swift-and-small": Story(header(15), messages(60), every=3, ended=False),
}
"""What format 2 has besides: blocks that are written before they are full, and what became of child processes."""


_OUTPUTS = {"every-entry": each, "children": children}


def _third(name: str, story: Story) -> Story:
    """The same story in format 3: outputs have other checks, and swift blocks are compressed when they are large."""
    entries = _OUTPUTS[name](of_output) if name in _OUTPUTS else story.entries
    sizes = {"every": 300, "block": 65_536} if name == "swift" else {}
    return replace(story, header=replace(story.header, checks=KIND), entries=entries, **sizes)


SECOND = STORIES | LATER
FORMATS = {1: STORIES, 2: SECOND, 3: {name: _third(name, story) for name, story in SECOND.items()}}


def make(folder: Path) -> None:
    """Write those journals that are not there."""
    for name, story in FORMATS[FORMAT].items():
        path = folder / f"{name}.bin"
        if not path.exists():
            _write(path, story)


def _write(path: Path, story: Story) -> None:
    durability = Durability.BATCH if story.every else Durability.NONE
    writer = Writer(path, story.header, durability=durability, block=story.block, segment=story.segment)
    for number, entry in enumerate(story.entries, 1):
        writer.append(entry)
        if story.every and not number % story.every:
            writer.flush()
    if story.ended:
        writer.close()
        return
    writer.flush()
    writer.abandon()
    if story.torn:
        path.write_bytes(path.read_bytes()[: -story.torn])


if __name__ == "__main__":
    make(Path(sys.argv[1]))
