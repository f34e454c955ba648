"""A reader that was written from the page on the format finds in a journal what ours does."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from random import Random
from typing import get_args

import msgspec
import pytest

from detrun.journal import entries
from detrun.journal.entries import Entry, InputKind, OutputKind, Phase
from detrun.journal.header import Header
from detrun.journal.reader import Journal
from detrun.journal.recorder import Level, Recorder
from detrun.journal.sinks import Kept
from detrun.model import EventId
from tests.journal.independent import Damaged, segment
from tests.journal.stories import EACH, contents, messages, write

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "journal-format.md").read_text()


def conversation(requests: int) -> list[Entry]:
    """What a server is asked, and what it answers, in all its words."""
    kept = Kept()
    recorder = Recorder(kept, Level.FULL)
    for number in range(requests):
        channel, event = recorder.name(f"client-{number % 20}"), EventId((-number % 20, number))
        recorder.received(number, InputKind.READ, event, channel, b"how many? %d" % number, instant=number * 1_000)
        recorder.sent(number + 1, event, channel, b"%d" % number)
        recorder.emitted(number + 1, OutputKind.WRITE, event, channel, b"so many: %d" % number)
    recorder.snapshot(requests, "Room:a", recorder.blob(bytes(3_000_000)), 3_000_000)
    return kept.entries


STORIES = {"one of each": EACH, "messages": messages(3_000), "a conversation": conversation(300)}


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("size", [2**30, 30_000])
@pytest.mark.parametrize("block", [300, 10_000])
def test_both_readers_find_the_same(tmp_path: Path, name: str, size: int, block: int) -> None:
    path = write(tmp_path / "run.bin", STORIES[name], segment=size, block=block)
    segments = [segment(data) for data in contents(path)]
    arrays = [entry for _, found, _, _ in segments for entry in found]

    assert msgspec.convert(arrays, list[Entry], strict=True) == STORIES[name] == list(Journal(path).entries())
    for number, (header, found, footer, rows) in enumerate(segments):
        assert footer is not None
        assert (header["segment"], footer[2], footer[5]) == (number, len(found), number < len(segments) - 1)
        assert rows[0][2:4] == (header["names"], header["step"])
    for (_, _, footer, _), (header, _, _, _) in itertools.pairwise(segments):
        assert footer is not None
        assert (header["names"], header["step"]) == (footer[3], footer[4])


def test_the_other_reader_objects_to_a_flipped_bit(tmp_path: Path) -> None:
    data = write(tmp_path / "run.bin", EACH).read_bytes()

    for seed in range(100):
        spoiled = bytearray(data)
        spoiled[Random(seed).randrange(30, len(data))] ^= 4
        with pytest.raises(Damaged):
            segment(bytes(spoiled))


def test_a_blob_is_named_by_its_sha_256() -> None:
    kept = Kept()
    name = Recorder(kept).blob(b"hello")

    assert name == hashlib.sha256(b"hello").digest()


@pytest.mark.parametrize("kind", get_args(Entry))
def test_the_page_has_every_kind_of_entry_with_its_fields(kind: type[msgspec.Struct]) -> None:
    fields = ", ".join(field.name for field in msgspec.structs.fields(kind))

    assert f"| {kind.__struct_config__.tag} | `{kind.__name__}` | {fields} |\n" in PAGE


@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(Header)])
def test_the_page_has_every_field_of_the_header(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("kind", [*InputKind, *OutputKind, *Phase])
def test_the_page_has_every_number(kind: InputKind | OutputKind | Phase) -> None:
    assert f"{kind.value} `{kind.name}`" in PAGE or f"{kind.value} | `{kind.name}`" in PAGE


def test_the_page_has_every_mark() -> None:
    assert (entries.NAMES, entries.BLOBS, entries.LIVES, entries.SNAPSHOTS, entries.ENDS) == (1, 2, 4, 8, 16)
