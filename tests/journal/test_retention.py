"""Which runs are kept: the newest, within bounds, those that failed, and whatever still runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from detrun.journal.entries import Ended, Entry, Failed
from detrun.journal.retention import prune, runs
from detrun.journal.segment import segment_path
from detrun.journal.writer import Durability, Writer
from tests.journal.stories import HEADER, messages, write

if TYPE_CHECKING:
    from pathlib import Path


def run(folder: Path, number: int, outcome: str, *, count: int = 5, end: bool = True) -> Path:
    """A run that was written so late, and came to this."""
    entries: list[Entry] = [*messages(count), Ended(count, outcome)] if outcome else messages(count)
    path = write(folder / f"{number}.bin", entries, segment=3_000, end=end)
    segment = 0
    while segment_path(path, segment).exists():
        os.utime(segment_path(path, segment), (number, number))
        segment += 1
    return path


def left(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.bin"))


def test_the_newest_runs_are_kept(tmp_path: Path) -> None:
    for number in range(10):
        run(tmp_path, number, "ok")

    assert [old.path.stem for old in prune(tmp_path, most=4)] == ["5", "4", "3", "2", "1", "0"]
    assert left(tmp_path) == [6, 7, 8, 9]


def test_runs_that_failed_are_kept(tmp_path: Path) -> None:
    for number, outcome in enumerate(["failed", "stuck", "limit", "ok", "ok", "ok"]):
        run(tmp_path, number, outcome)
    prune(tmp_path, most=1)

    assert left(tmp_path) == [0, 1, 2, 5]


def test_a_run_that_failed_without_an_end_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "0.bin", [*messages(3), Failed(3, "exception", "KeyError")], end=False)
    os.utime(tmp_path / "0.bin", (0, 0))
    run(tmp_path, 1, "ok")
    prune(tmp_path, most=1)

    assert left(tmp_path) == [0, 1]


def test_a_run_that_was_killed_is_no_failure(tmp_path: Path) -> None:
    run(tmp_path, 0, "", end=False)
    run(tmp_path, 1, "ok")
    prune(tmp_path, most=1)

    assert left(tmp_path) == [1]


def test_runs_that_are_large_go_first_when_they_are_old(tmp_path: Path) -> None:
    for number in range(6):
        run(tmp_path, number, "ok", count=2_000)
    size = runs(tmp_path)[0].size
    removed = prune(tmp_path, size=3 * size + size // 2)

    assert left(tmp_path) == [3, 4, 5]
    assert all(len(old.segments) > 1 for old in removed)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("0", "1", "2"))] == []


def test_the_newest_run_is_kept_however_large_it_is(tmp_path: Path) -> None:
    run(tmp_path, 1, "ok", count=2_000)

    assert prune(tmp_path, size=10) == []


def test_a_run_that_is_being_written_is_kept(tmp_path: Path) -> None:
    with Writer(tmp_path / "0.bin", HEADER, durability=Durability.NONE) as writer:
        writer.append(messages(1)[0])
        writer.flush()
        os.utime(tmp_path / "0.bin", (0, 0))
        run(tmp_path, 1, "ok")

        assert [old.outcome for old in runs(tmp_path)] == ["ok", "running"]
        assert prune(tmp_path, most=1) == []
    os.utime(tmp_path / "0.bin", (0, 0))
    assert [old.outcome for old in prune(tmp_path, most=1)] == ["killed"]


def test_what_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "0.bin").write_bytes(b"detrun journal 4 7.0.0\n")
    (tmp_path / "1.bin").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("mine")
    os.utime(tmp_path / "0.bin", (0, 0))
    os.utime(tmp_path / "1.bin", (1, 1))
    run(tmp_path, 2, "ok")

    assert [old.outcome for old in runs(tmp_path)] == ["ok", "unreadable", "unreadable"]
    assert prune(tmp_path, most=1) == []
