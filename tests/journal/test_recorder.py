"""What a recorder writes down, at which level, and how names and blobs are written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from detrun.journal.checks import of_output
from detrun.journal.entries import Emitted, Entry, Failed, GenerationMoved, InputKind, Named, OutputKind, Phase, Stored
from detrun.journal.reader import Journal
from detrun.journal.recorder import Level, Recorder
from detrun.journal.sinks import Kept
from detrun.journal.writer import Durability, Writer
from detrun.model import Decision, EventId, Failure
from tests.journal.stories import HEADER

if TYPE_CHECKING:
    from pathlib import Path

    from detrun.journal.sinks import Sink

EVENT = EventId((-7, 3))


def record(sink: Sink, level: Level = Level.LEAN) -> None:
    recorder = Recorder(sink, level)
    channel = recorder.name("client-1 to Room:a")
    recorder.generation_moved(0, 1, Phase.LOAD, name="app", sources={"a.py": b"x = 1", "b.py": b"x = 1"})
    recorder.context_begun(0, 1, "Room:a", "object", generation=1)
    recorder.snapshot(0, "Room:a", recorder.blob(b"x = 1"), 5)
    recorder.received(0, InputKind.READ, EVENT, channel, b"GET", instant=5)
    recorder.decided(Decision(1, EVENT, 2), channel)
    recorder.sent(1, EVENT, channel, b"visit")
    recorder.emitted(2, OutputKind.WRITE, EVENT, channel, b"welcome", code=3)
    recorder.checked(2, -9, 10)
    recorder.cut(3, "idle")
    recorder.context_ended(3, 1, "evicted")
    recorder.failed(4, Failure("exception", "half a character: \ud800", None, "x" * 1_000_000))
    recorder.ended(4, "failed", 1, -9, 20)


def recorded(level: Level = Level.LEAN) -> list[Entry]:
    kept = Kept()
    record(kept, level)
    return kept.entries


def test_everything_that_a_recorder_writes_can_be_read(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.bin", HEADER, durability=Durability.NONE) as writer:
        record(writer, Level.FULL)

    assert list(Journal(tmp_path / "run.bin").entries()) == recorded(Level.FULL)


def test_a_name_is_given_once() -> None:
    assert [entry for entry in recorded() if isinstance(entry, Named)] == [
        Named(1, "client-1 to Room:a"),
        Named(2, "app"),
        Named(3, "Room:a"),
    ]


def test_a_blob_is_stored_once() -> None:
    stored = [entry for entry in recorded() if isinstance(entry, Stored)]
    loads = [entry for entry in recorded() if isinstance(entry, GenerationMoved)]

    assert [entry.data for entry in stored] == [b"x = 1"]
    assert loads[0].sources == (("a.py", stored[0].blob), ("b.py", stored[0].blob))


@pytest.mark.parametrize(("level", "payload"), [(Level.LEAN, b""), (Level.FULL, b"welcome")])
def test_what_is_said_is_written_at_level_full_only(level: Level, payload: bytes) -> None:
    emitted = next(entry for entry in recorded(level) if isinstance(entry, Emitted))

    assert (emitted.payload, emitted.size, emitted.digest) == (payload, 7, of_output(b"welcome"))


def test_what_is_large_is_a_blob_in_parts(tmp_path: Path) -> None:
    payload = bytes(range(256)) * 20_000
    path = tmp_path / "run.bin"
    with Writer(path, HEADER, durability=Durability.NONE) as writer:
        recorder = Recorder(writer, Level.FULL)
        recorder.received(1, InputKind.EXECUTOR, EVENT, 0, payload)
        recorder.sent(2, EVENT, 0, payload)

    journal = Journal(path)
    blobs = {entry.blob for entry in journal.entries(1) if hasattr(entry, "blob")}
    assert len(blobs) == 1
    assert b"".join(journal.blob(blobs.pop())) == payload
    assert sum(isinstance(entry, Stored) for entry in journal.entries()) == 5


def test_a_text_is_written_whatever_it_is() -> None:
    failed = next(entry for entry in recorded() if isinstance(entry, Failed))

    assert failed.message == "half a character: \\ud800"
    assert len(failed.traceback) < 300_000


def test_names_that_are_many_do_not_take_memory_without_end() -> None:
    kept = Kept()
    recorder = Recorder(kept)
    numbers = [recorder.name(f"client-{number % 60_000}") for number in range(120_000)]

    assert numbers == sorted(numbers)
    assert len(kept.entries) == 120_000
    assert kept.entries[-1] == Named(120_000, "client-59999")
