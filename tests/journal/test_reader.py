"""Reading a journal: whole, from a step on, as it grows, and what is said of one that is not whole."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detrun.errors import Corrupt, FormatUnknown, JournalError, Truncated, Unwritable, UsageError
from detrun.journal.entries import Entry, InputKind, Named, Received, Stored
from detrun.journal.reader import Journal
from detrun.journal.scan import Finished, Missing, Open, Torn
from detrun.journal.segment import segment_path
from detrun.journal.writer import Durability, Writer
from tests.journal.stories import BLOB, EACH, HEADER, contents, messages, write

if TYPE_CHECKING:
    from collections.abc import Callable


ROOT = Path(__file__).parents[2]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    journal = Journal(write(tmp_path / "run.bin", EACH))

    assert list(journal.entries()) == EACH
    assert journal.header == HEADER


def test_a_journal_of_several_segments_is_one_story(tmp_path: Path) -> None:
    entries = messages(2_000)
    journal = Journal(write(tmp_path / "run.bin", entries, segment=4_000))

    assert list(journal.entries()) == entries
    assert journal.check().segments > 5


def test_the_entries_from_a_step_on_are_found_in_whatever_segment(tmp_path: Path) -> None:
    entries = messages(2_000)
    journal = Journal(write(tmp_path / "run.bin", entries, segment=8_000))

    for step in (1, 2, 777, 1_999, 2_000, 2_001):
        assert list(journal.entries(step)) == entries[step - 1 :]


@pytest.mark.parametrize("segment", [2**30, 6_000])
@pytest.mark.parametrize("end", [True, False])
def test_a_step_is_found_without_reading_what_is_before(tmp_path: Path, segment: int, end: bool) -> None:  # noqa: FBT001
    path = write(tmp_path / "run.bin", messages(5_000), segment=segment, end=end)
    # A bit of an early block is not as it was written.
    spoiled = bytearray(path.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    path.write_bytes(spoiled)
    journal = Journal(path)

    assert next(journal.entries(4_900)) == messages(1, 4_900)[0]
    with pytest.raises(Corrupt, match=re.escape(str(path))):
        list(journal.entries())


def test_a_name_is_found_from_anywhere(tmp_path: Path) -> None:
    entries: list[Entry] = []
    for number in range(1, 900):
        entries += [Named(number, f"client-{number}"), *messages(3, number * 3)]
    journal = Journal(write(tmp_path / "run.bin", entries, segment=4_000))

    assert [journal.name(number) for number in (899, 1, 450, 0)] == ["client-899", "client-1", "client-450", ""]
    assert Journal(tmp_path / "run.bin").name(1_000) == ""


def test_what_was_read_of_surroundings_is_found_without_reading_the_rest(tmp_path: Path) -> None:
    read = [Received(step, InputKind.VARIABLE, 0, 0, 0, b"yes", 1) for step in (100, 900)]
    path = write(tmp_path / "run.bin", [*messages(100), read[0], *messages(800, 101), read[1], *messages(9, 901)])
    found = list(Journal(path).readings())

    assert [entry for entry in found if isinstance(entry, Received)] == read
    assert len(found) < 100


def test_a_blob_is_found_by_what_it_contains(tmp_path: Path) -> None:
    journal = Journal(write(tmp_path / "run.bin", [*messages(500), *EACH, *messages(500)], segment=4_000))

    assert b"".join(journal.blob(BLOB)) == b"hello"
    with pytest.raises(UsageError, match="expected a blob of"):
        list(journal.blob(bytes(32)))


def test_a_blob_with_other_contents_than_its_name_says_is_noticed(tmp_path: Path) -> None:
    journal = Journal(write(tmp_path / "run.bin", [Stored(BLOB, 0, b"hallo")]))

    with pytest.raises(Corrupt, match="got other contents under its name"):
        list(journal.blob(BLOB))


def test_how_a_run_ended_is_found_from_the_end(tmp_path: Path) -> None:
    finished = write(tmp_path / "finished.bin", [*messages(2_000), *EACH], segment=8_000)
    killed = write(tmp_path / "killed.bin", messages(2_000), end=False)

    assert Journal(finished).ends() == EACH[-2:]
    assert Journal(killed).ends() == []


def test_a_journal_says_how_it_ends(tmp_path: Path) -> None:
    finished = Journal(write(tmp_path / "finished.bin", messages(300))).check()
    killed = Journal(write(tmp_path / "killed.bin", messages(300), end=False)).check()

    assert isinstance(finished.ending, Finished)
    assert (finished.entries, finished.ending.footer.entries, finished.segments) == (300, 300, 1)
    assert isinstance(killed.ending, Open)
    assert killed.entries == 300


def test_a_torn_tail_is_cut_at_the_last_whole_block_and_said_so(tmp_path: Path) -> None:
    path = write(tmp_path / "run.bin", messages(300), end=False)
    whole = path.read_bytes()
    journal = Journal([whole[:-5]])
    found = list(journal.entries())

    assert isinstance(journal.ending, Torn)
    assert found == messages(len(found))
    assert str(journal.ending) == (
        f"the last {journal.ending.lost:,} bytes, from byte {journal.ending.at:,} on, are no whole block"
    )


def test_a_tail_of_zeros_is_a_torn_tail(tmp_path: Path) -> None:
    whole = write(tmp_path / "run.bin", messages(300), end=False).read_bytes()
    journal = Journal([whole + bytes(5_000)])

    assert list(journal.entries()) == messages(300)
    assert journal.ending == Torn(len(whole), 5_000)


def test_a_journal_that_is_written_is_followed_into_its_next_segment(tmp_path: Path) -> None:
    path = tmp_path / "run.bin"
    with Writer(path, HEADER, durability=Durability.NONE) as writer:
        journal = Journal(path)
        cursor = journal.cursor()
        assert list(journal.follow(cursor)) == []
        for step in (1, 2):
            writer.append(messages(1, step)[0])
            writer.flush()
            assert list(journal.follow(cursor)) == messages(1, step)
        writer.rotate()
        writer.append(messages(1, 3)[0])
        writer.flush()
        assert list(journal.follow(cursor)) == messages(1, 3)
        assert not cursor.finished
    assert list(journal.follow(cursor)) == []
    assert cursor.finished


def test_a_block_that_is_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.bin", messages(300), end=False).read_bytes()
    path = tmp_path / "run.bin"
    found: list[Entry] = []
    with path.open("wb", buffering=0) as file:
        file.write(whole[:1_000])
        journal = Journal(path)
        cursor = journal.cursor()
        for byte in range(1_000, len(whole), 37):
            file.write(whole[byte : byte + 37])
            found += journal.follow(cursor)

    assert found == messages(300)


def test_a_follower_waits_for_the_next_segment(tmp_path: Path) -> None:
    one, two = contents(write(tmp_path / "whole.bin", messages(1_200), segment=4_000))[:2]
    path = tmp_path / "run.bin"
    path.write_bytes(one)
    journal = Journal(path)
    cursor = journal.cursor()
    found = list(journal.follow(cursor))
    before = len(found)
    segment_path(path, 1).write_bytes(two[:100])

    assert list(journal.follow(cursor)) == []
    segment_path(path, 1).write_bytes(two)
    found += journal.follow(cursor)
    assert found == messages(len(found))
    assert len(found) > before


MISSING = [
    (lambda parts: parts[:1] + parts[2:], Corrupt, "expected segment 1 of run"),
    (lambda parts: parts[1:], Corrupt, "expected segment 0 of run"),
    (lambda parts: [parts[0][:-10], *parts[1:]], Corrupt, "expected the last segment, for it ends so"),
    (lambda parts: [*parts, parts[-1]], Corrupt, "expected segment 5 of run"),
]


@pytest.mark.parametrize(("change", "error", "words"), MISSING)
def test_segments_that_do_not_chain_are_noticed(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], error: type[Exception], words: str
) -> None:
    parts = contents(write(tmp_path / "run.bin", messages(1_200), segment=4_000))

    with pytest.raises(error, match=words):
        list(Journal(change(parts)).entries())


@pytest.mark.parametrize("rest", [[], [b""], [b"detrun journal 1 0.1.0\n..."]])
def test_a_segment_that_is_not_there_is_said_so(tmp_path: Path, rest: list[bytes]) -> None:
    part = contents(write(tmp_path / "run.bin", messages(1_200), segment=4_000))[0]
    journal = Journal([part, *rest])
    found = list(journal.entries())

    assert found == messages(len(found))
    assert journal.ending == Missing(1)
    assert str(journal.ending) == "segment 1, in which the journal goes on, is not there"


def test_a_segment_of_an_earlier_recording_under_the_same_name_is_noticed(tmp_path: Path) -> None:
    parts = contents(write(tmp_path / "run.bin", messages(1_200), segment=4_000))
    other = contents(write(tmp_path / "other.bin", messages(1_200, 7), segment=4_000))

    with pytest.raises(Corrupt, match="expected segment 1 to follow the one that is before it"):
        list(Journal([parts[0], *other[1:]]).entries())


def test_a_newer_format_is_refused_with_the_version_that_reads_it(tmp_path: Path) -> None:
    data = write(tmp_path / "run.bin", EACH).read_bytes()
    newer = b"detrun journal 4 7.1.0\n" + data[data.index(b"\n") + 1 :]

    with pytest.raises(FormatUnknown) as caught:
        Journal([newer])
    assert (caught.value.found, caught.value.known, caught.value.reader) == (4, 3, "7.1.0")
    assert str(caught.value).splitlines() == [
        "expected a journal of format 3 or earlier, got format 4 in memory",
        "it was written by detrun 7.1.0: that version and later ones read it",
    ]


NO_JOURNALS = [
    (b"", Truncated, "ends within its first line"),
    (b"detrun jour", Truncated, "ends within its first line"),
    (b"detrun journal 1 0.1.0\n", Truncated, "ends within its header"),
    (b"detrun journal 1 0.1.0\n" + bytes(500), Corrupt, "expected the header, got something else"),
    (b"detrun journal x 0.1.0\n", Corrupt, "expected a journal, which begins with 'detrun journal'"),
    (b"SQLite format 3\0", Corrupt, "expected a journal, which begins with 'detrun journal'"),
    (b"x" * 500, Corrupt, "expected a journal, which begins with 'detrun journal'"),
]


@pytest.mark.parametrize(("data", "error", "words"), NO_JOURNALS)
def test_what_is_no_journal_is_not_taken_for_one(data: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Journal([data])


def test_a_file_that_is_not_there_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="expected a journal, found no file"):
        Journal(tmp_path / "run.bin")


WATCHED = """
import sys
from detrun.journal.compression import decompressed
from detrun.journal.reader import Journal
from tests.journal.stories import BLOB
try:
    decompressed(b"", 1)  # so that zstd is imported
except ValueError:
    pass
HARMLESS = {"open", "os.stat", "object.__getattr__", "sys._getframe", "os.listdir"}
def watch(event, arguments):
    if event not in HARMLESS or event == "open" and arguments[1] not in (None, "r", "rb"):
        print(event, arguments)
sys.addaudithook(watch)
journal = Journal(sys.argv[1])
journal.check(), journal.ends(), journal.name(1), list(journal.blob(BLOB)), list(journal.entries(3))
"""


def test_opening_a_journal_executes_nothing(tmp_path: Path) -> None:
    story = [*EACH, *messages(3_000, 5)]
    path = write(tmp_path / "run.bin", story, segment=30_000)
    ended = subprocess.run([sys.executable, "-c", WATCHED, path], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (ended.stdout, ended.stderr) == ("", "")


def test_what_is_no_file_is_no_journal(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(JournalError, match=f"{path}"):
            Journal(path)


def test_errors_of_journals_pickle(tmp_path: Path) -> None:
    for error in (
        Corrupt("a", 1, "b"),
        Truncated("a", 1, "b"),
        FormatUnknown("a", 2, 1, "3"),
        Unwritable("a", "b", "c"),
    ):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_damaged_dictionary_is_reported_where_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "run.bin", messages(5_000))
    spoiled = bytearray(path.read_bytes())
    spoiled[4_000] ^= 1

    with pytest.raises(Corrupt, match="what follows cannot be read without it") as caught:
        list(Journal([bytes(spoiled)]).entries(4_900))
    assert caught.value.at < 4_000


def test_a_segment_without_a_whole_header_in_the_middle_is_an_error(tmp_path: Path) -> None:
    parts = contents(write(tmp_path / "run.bin", messages(1_200), segment=4_000))

    with pytest.raises(Truncated, match="the journal ends within its header"):
        list(Journal([parts[0], parts[1][:60], *parts[2:]]).entries())
