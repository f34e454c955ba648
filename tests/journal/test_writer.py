"""Writing a journal: what is durable when, what it does when the disk does not, and that nobody else reads it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detrun.errors import InternalError, JournalError, Unwritable, UsageError
from detrun.journal.entries import Ended, Named, Sent, Stored
from detrun.journal.reader import Journal
from detrun.journal.scan import Finished, Open
from detrun.journal.segment import segment_path
from detrun.journal.writer import Durability, Writer
from tests.journal.stories import BLOB, EACH, HEADER, messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.errors import DetrunError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("durability", Durability)
def test_what_was_appended_before_the_end_is_read(tmp_path: Path, durability: Durability) -> None:
    with Writer(tmp_path / "run.bin", HEADER, durability=durability) as writer:
        for entry in EACH:
            writer.append(entry)

    journal = Journal(tmp_path / "run.bin")
    assert list(journal.entries()) == EACH
    assert isinstance(journal.ending, Finished)


@pytest.mark.parametrize(("durability", "read"), [(Durability.NONE, 0), (Durability.BATCH, 1), (Durability.FSYNC, 1)])
def test_what_may_be_told_is_written_before(tmp_path: Path, durability: Durability, read: int) -> None:
    told = threading.Event()
    with Writer(tmp_path / "run.bin", HEADER, durability=durability) as writer:
        writer.append(EACH[0])
        writer.sync_then(lambda error: told.set() if error is None else None)
        assert told.wait(10)
        assert len(list(Journal(tmp_path / "run.bin").entries())) == read


def test_many_outputs_are_behind_one_sync(tmp_path: Path) -> None:
    answers: list[DetrunError | None] = []
    all_told = threading.Event()

    def told(error: DetrunError | None) -> None:
        answers.append(error)
        if len(answers) == 1_000:
            all_told.set()

    with Writer(tmp_path / "run.bin", HEADER, durability=Durability.FSYNC) as writer:
        for entry in messages(1_000):
            writer.append(entry)
            writer.sync_then(told)
        assert all_told.wait(30)
        assert writer.syncs < 1_000
        assert writer.synced == writer.position

    assert answers == [None] * 1_000


def test_batches_are_synced_by_themselves(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.bin", HEADER, interval=0.001) as writer:
        assert writer.synced == writer.position
        writer.append(EACH[0])
        writer.flush()
        # The thread does it soon: this waits for it, not for a time.
        while writer.synced < writer.position:
            os.sched_yield()


def test_everything_waiting_is_told_before_the_journal_is_closed(tmp_path: Path) -> None:
    answers: list[DetrunError | None] = []
    with Writer(tmp_path / "run.bin", HEADER, durability=Durability.FSYNC) as writer:
        for entry in messages(100):
            writer.append(entry)
            writer.sync_then(answers.append)

    assert answers == [None] * 100


def test_a_journal_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "run.bin"
    with Writer(path, HEADER, segment=1_000, block=500) as writer:
        for entry in messages(200):
            writer.append(entry)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(segment_path(path, 1).stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_journal_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "run.bin").write_text("mine")

    with pytest.raises(Unwritable, match="file exists\na journal is never written over"):
        Writer(tmp_path / "run.bin", HEADER)
    assert (tmp_path / "run.bin").read_text() == "mine"


def test_a_directory_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Unwritable) as caught:
        Writer(tmp_path / "file" / "run.bin", HEADER)
    assert caught.value.path == str(tmp_path / "file" / "run.bin")
    assert "cannot be written: " in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_is_read_only_is_said_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(Unwritable, match="permission denied\nwrite the journal to a directory that this user may"):
        Writer(tmp_path / "run.bin", HEADER)


@pytest.mark.parametrize("durability", [Durability.BATCH, Durability.FSYNC])
def test_a_run_whose_directory_is_removed_takes_no_more(tmp_path: Path, durability: Durability) -> None:
    path = tmp_path / "runs" / "run.bin"
    answers: list[DetrunError | None] = []
    with Writer(path, HEADER, durability=durability, interval=0.001) as writer:
        path.unlink()
        path.parent.rmdir()
        writer.append(EACH[0])
        writer.sync_then(answers.append)
        while writer.error is None:
            os.sched_yield()
        with pytest.raises(Unwritable, match="the file was removed while it was written"):
            writer.append(EACH[1])
        with pytest.raises(Unwritable):
            writer.flush()

    if durability is Durability.FSYNC:
        assert [type(answer) for answer in answers] == [Unwritable]


# A disk that is full: the system writes a part of the block, and then refuses. Python ignores SIGXFSZ.
FULL = """
import resource, sys
from tests.journal.stories import HEADER, messages
from detrun.errors import Unwritable
from detrun.journal.writer import Durability, Writer

sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
writer = Writer(sys.argv[1], HEADER, durability=Durability(sys.argv[2]), block=1_000)
acknowledged = 0
try:
    for entry in messages(100_000):
        writer.append(entry)
        if entry.step % 7 == 0:
            writer.flush()
            acknowledged = entry.step
except Unwritable as error:
    for again in (lambda: writer.append(entry), writer.flush, writer.sync, writer.rotate):
        try:
            again()
        except Unwritable as same:
            assert same is error
        else:
            raise AssertionError("it was taken")
    writer.close()
    print(acknowledged, str(error).splitlines()[0].partition(": ")[2])
"""


@pytest.mark.parametrize("durability", Durability)
def test_when_the_disk_is_full_what_was_acknowledged_can_be_read(tmp_path: Path, durability: Durability) -> None:
    path = tmp_path / "run.bin"
    ended = subprocess.run(
        [sys.executable, "-c", FULL, path, durability.value], cwd=ROOT, capture_output=True, text=True, check=False
    )
    acknowledged, _, cause = ended.stdout.strip().partition(" ")
    journal = Journal(path)
    found = list(journal.entries())

    assert (ended.stderr, cause) == ("", "file too large")
    assert found == messages(len(found))
    assert len(found) >= int(acknowledged) > 100
    assert isinstance(journal.ending, Open)


def test_a_journal_that_cannot_begin_leaves_no_file(tmp_path: Path) -> None:
    script = FULL.replace("(20_000, 20_000)", "(0, 0)")
    ended = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "run.bin", "none"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "detrun.errors.Unwritable: the journal" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_failure_that_nobody_was_told_of_is_told_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "run.bin"
    writer = Writer(path, HEADER, interval=0.001)
    path.unlink()
    writer.append(EACH[0])
    writer.flush()
    while writer.error is None:
        os.sched_yield()

    with pytest.raises(Unwritable, match="the file was removed while it was written"):
        writer.close()


def test_an_entry_that_cannot_be_written_leaves_no_trace(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.bin", HEADER) as writer:
        writer.append(EACH[0])
        for bad in (
            Sent(2**65, 0, 0, 0, 0, 0),
            Ended(1, "\ud800"),
            Stored(BLOB, 0, bytes(3_000_000)),
            Named(9, "out of order"),
        ):
            with pytest.raises(InternalError, match="expected"):
                writer.append(bad)
        writer.append(EACH[1])

    assert list(Journal(tmp_path / "run.bin").entries()) == EACH[:2]


def test_memory_is_bounded_by_a_block_and_an_entry(tmp_path: Path) -> None:
    large = Stored(BLOB, 0, bytes(1_000_000))
    with Writer(tmp_path / "run.bin", HEADER, durability=Durability.NONE) as writer:
        for entry in messages(10_000):
            writer.append(entry)
            assert writer.buffered <= 64 * 1024 + 100
        writer.append(large)
        assert writer.buffered < 100


def test_who_waits_for_the_disk_waits_in_a_queue_that_has_an_end(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.bin", HEADER, durability=Durability.FSYNC, most_waiting=10) as writer:
        for entry in messages(500):
            writer.append(entry)
            writer.sync_then(lambda _: None)
            assert writer.waiting <= 11


def test_a_segment_is_ended_by_its_age(tmp_path: Path) -> None:
    path, step = tmp_path / "run.bin", 0
    with Writer(path, HEADER, age=0.0, interval=0.001) as writer:
        while not segment_path(path, 1).exists():
            step += 1
            writer.append(messages(1, step)[0])
            writer.flush()

    assert list(Journal(path).entries()) == messages(step)


def test_what_is_closed_takes_no_more(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "run.bin", HEADER)
    writer.close()
    writer.close()

    uses: list[Callable[[], None]] = [
        lambda: writer.append(EACH[0]),
        writer.flush,
        writer.sync,
        lambda: writer.sync_then(print),
    ]
    for use in uses:
        with pytest.raises(UsageError, match="which was closed"):
            use()


def test_a_callback_that_raises_stops_the_run(tmp_path: Path) -> None:
    def clumsy(error: DetrunError | None) -> None:
        raise ValueError("oops")

    with Writer(tmp_path / "run.bin", HEADER, durability=Durability.FSYNC) as writer:
        writer.append(EACH[0])
        writer.sync_then(clumsy)
        while writer.error is None:
            os.sched_yield()
        with pytest.raises(InternalError, match="expected a callback that raises nothing, got ValueError"):
            writer.append(EACH[1])


def test_errors_of_writing_are_errors_of_the_journal() -> None:
    assert issubclass(Unwritable, JournalError)
