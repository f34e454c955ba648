"""Every journal in `journals/` does what its folder promises: what earlier versions wrote is read by this one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from detrun.errors import JournalError
from detrun.journal.entries import Emitted, Entry, GenerationMoved, InputKind, OutputKind, Phase, Received
from detrun.journal.header import FORMAT
from detrun.journal.reader import Journal
from detrun.journal.scan import Finished, Open, Torn
from detrun.journal.segment import segment_path
from detrun.journal.verification import verify
from tests.journal import compat
from tests.journal.independent import segment
from tests.journal.stories import contents

ROOT = Path(__file__).parents[1] / "journals"
COMPAT = ROOT / "compat"
FIRST, LATEST = COMPAT / "1", COMPAT / str(FORMAT)
KEPT = [(number, name) for number, stories in compat.FORMATS.items() for name in stories]


@pytest.mark.parametrize(("number", "name"), KEPT)
def test_what_was_written_in_an_earlier_format_is_read(number: int, name: str) -> None:
    story, journal = compat.FORMATS[number][name], Journal(COMPAT / str(number) / f"{name}.bin")
    entries = tuple(journal.entries())

    assert journal.header == story.header
    assert entries == story.entries[: len(entries)]
    assert len(entries) == len(story.entries) or story.torn
    assert isinstance(journal.ending, Finished if story.ended else Torn if story.torn else Open)
    assert entries or not story.entries


@pytest.mark.parametrize(("number", "name"), KEPT)
def test_what_was_written_in_an_earlier_format_is_verified(number: int, name: str) -> None:
    story = compat.FORMATS[number][name]
    verified = verify(COMPAT / str(number) / f"{name}.bin")

    assert verified.entries == len(story.entries) or (story.torn and 0 < verified.entries < len(story.entries))


@pytest.mark.parametrize(("number", "name"), [kept for kept in KEPT if compat.FORMATS[kept[0]][kept[1]].ended])
def test_a_reader_that_was_written_from_the_page_finds_the_same(number: int, name: str) -> None:
    found = [entry for data in contents(COMPAT / str(number) / f"{name}.bin") for entry in _entries(data)]

    assert tuple(msgspec.convert(found, list[Entry])) == compat.FORMATS[number][name].entries


def _entries(data: bytes) -> list[list[Any]]:
    return segment(data)[1]


def test_there_is_every_kind_of_entry() -> None:
    names = ("every-entry", "live", "readings", "children")
    entries = [entry for name in names for entry in Journal(LATEST / f"{name}.bin").entries()]

    assert {type(entry) for entry in entries} == set(get_args(Entry))
    assert {entry.kind for entry in entries if isinstance(entry, Received)} == set(InputKind)
    assert {entry.kind for entry in entries if isinstance(entry, Emitted)} == set(OutputKind)
    assert {entry.phase for entry in entries if isinstance(entry, GenerationMoved)} == set(Phase)


def test_there_are_compressed_blocks_with_and_without_a_dictionary_and_segments() -> None:
    data = (FIRST / "dictionary.bin").read_bytes()

    assert {data[place + 5] for place in _blocks(data)} == {0, 1, 3}
    assert segment_path(FIRST / "segments.bin", 2).exists()


@pytest.mark.parametrize("name", ["readings", "every-entry"])
@pytest.mark.parametrize("number", compat.FORMATS)
def test_what_a_program_read_of_its_surroundings_is_found(number: int, name: str) -> None:
    kinds = (InputKind.VARIABLE, InputKind.FILE)
    expected = [e for e in compat.FORMATS[number][name].entries if isinstance(e, Received) and e.kind in kinds]
    found = Journal(COMPAT / str(number) / f"{name}.bin").readings()

    assert [e for e in found if isinstance(e, Received) and e.kind in kinds] == expected


def test_there_are_swift_blocks_as_they_are_compressed_and_compressed_with_a_dictionary() -> None:
    data = (LATEST / "swift.bin").read_bytes() + (LATEST / "swift-and-small.bin").read_bytes()
    line = data.index(b"detrun journal", 1)
    places = [*_blocks(data[:line]), *(line + place for place in _blocks(data[line:]))]

    assert {data[place + 5] for place in places if data[place + 4] == 2} == {8, 9, 11}


def _blocks(data: bytes) -> list[int]:
    """Where the blocks of a file begin."""
    place, found = data.index(b"\n") + 1, []
    while place < len(data):
        found.append(place)
        place += 48 + int.from_bytes(data[place + 20 : place + 24], "little")
    return found


def test_each_file_belongs_to_a_story() -> None:
    for number, stories in compat.FORMATS.items():
        assert {path.name.partition(".")[0] for path in (COMPAT / str(number)).iterdir()} == set(stories)
    assert {path.name for path in COMPAT.iterdir()} == set(map(str, compat.FORMATS))


@pytest.mark.parametrize("name", compat.FORMATS[FORMAT])
def test_the_stories_are_what_this_version_writes(tmp_path: Path, name: str) -> None:
    compat.make(tmp_path)
    story, journal = compat.FORMATS[FORMAT][name], Journal(tmp_path / f"{name}.bin")
    entries = tuple(journal.entries())

    assert (journal.header, entries) == (story.header, story.entries[: len(entries)])


def test_a_file_that_was_changed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "lean.bin"
    shutil.copy(FIRST / "lean.bin", path)
    data = bytearray(path.read_bytes())
    data[1_000] ^= 1
    path.write_bytes(data)

    with pytest.raises(JournalError):
        verify(path)
