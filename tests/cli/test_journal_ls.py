"""`detrun journal ls`, `verify` and `prune`: which runs there are, whether they are whole, and which go."""

import os
from pathlib import Path

import pytest

from detrun.journal.entries import Ended, Entry, Failed, Named, Stored
from detrun.journal.writer import Durability, Writer
from tests.cli.journals import CORPUS, Journal, journal
from tests.journal import compat
from tests.journal.stories import HEADER, messages, write

__all__ = ["journal"]


def recorded(folder: Path, number: int, outcome: str) -> Path:
    """A run that ended so late, and like this."""
    entries: list[Entry] = [Named(1, "a"), *messages(5), *([Ended(5, outcome)] if outcome else [])]
    path = write(folder / f"{number}.bin", entries, end=bool(outcome))
    os.utime(path, (number, number))
    return path


def test_runs_are_listed_with_what_became_of_them(journal: Journal, tmp_path: Path) -> None:
    for number, outcome in enumerate(["ok", "failed", ""], 1):
        recorded(tmp_path / ".detrun" / "journals", number, outcome)
    assert [run["name"] for run in journal("ls", "2", "-o", "jsonl").objects()] == ["2"]
    (tmp_path / ".detrun" / "journals" / "4.bin").write_bytes(b"")
    with Writer(tmp_path / ".detrun" / "journals" / "5.bin", HEADER, durability=Durability.NONE):
        listed = journal("ls", "-o", "json").json()["journals"]
        lines = journal("ls").stdout.splitlines()

    assert [(run["name"], run["outcome"], run["steps"]) for run in listed] == [
        ("5", "running", 0),
        ("4", "unreadable", None),
        ("3", "killed", 5),
        ("2", "failed", 5),
        ("1", "ok", 5),
    ]
    assert [line.split()[:2] for line in lines[1:]] == [[run["name"], run["outcome"]] for run in listed]
    assert max(map(len, lines)) <= 100
    assert "ends within its first line" in lines[2]


def test_directories_and_files_are_listed(journal: Journal, tmp_path: Path) -> None:
    recorded(tmp_path / "a", 1, "ok")
    recorded(tmp_path / "b", 2, "ok")
    listed = journal("ls", "a", "b/2.bin", CORPUS / "segments.bin", "-o", "jsonl").objects()

    assert [(run["name"], run["segments"]) for run in listed] == [("1", 1), ("2", 1), ("segments", 4)]


def test_where_there_are_no_runs_there_is_nothing_to_list(journal: Journal) -> None:
    ended = journal("ls")

    assert (ended.status, ended.stdout) == (0, "")
    assert "no journals in .detrun/journals" in ended.stderr


@pytest.mark.parametrize("name", compat.STORIES)
def test_verify_says_how_a_journal_ends(journal: Journal, name: str) -> None:
    story = compat.STORIES[name]
    ended = journal("verify", CORPUS / f"{name}.bin", "-o", "json")
    verdict = ended.json()["journals"][0]

    assert ended.status == 0
    assert verdict["verdict"] == ("good" if story.ended else "torn" if story.torn else "unfinished")
    assert verdict["entries"] == len(story.entries) or story.torn


def test_verify_says_where_a_journal_is_bad(journal: Journal, tmp_path: Path) -> None:
    data = bytearray((CORPUS / "unfinished.bin").read_bytes())
    data[1_000] ^= 1
    (tmp_path / "bad.bin").write_bytes(data)
    ended = journal("verify", CORPUS / "lean.bin", "bad.bin", "-o", "jsonl")
    good, bad = ended.objects()

    assert ended.status == 4
    assert (good["good"], bad["good"]) == (True, False)
    assert bad["at"] <= 1_000
    assert f"at byte {bad['at']:,} of bad.bin" in journal("verify", "bad.bin").stdout


def test_a_segment_that_is_lost_is_missed(journal: Journal, tmp_path: Path) -> None:
    for name in ("segments.bin", "segments.bin.1"):
        (tmp_path / name).write_bytes((CORPUS / name).read_bytes())
    ended = journal("verify", "segments.bin")

    assert ended.status == 4
    assert ended.stdout.startswith("incomplete")


WRONG: list[tuple[str, list[Entry]]] = [
    ("expected one of 0 names, got number 1", [*messages(1)]),
    ("expected the content of blob", [Stored(b"1" * 32, 0, b"something else")]),
    ("expected part 0 of blob", [Stored(compat.BLOB, 1, compat.SOURCE)]),
    ("expected the rest of blob", [Stored(compat.BLOB, 0, b"", last=False), Failed(1, "exception", "")]),
]


@pytest.mark.parametrize(("problem", "entries"), WRONG)
def test_verify_finds_what_a_writer_did_wrong(
    journal: Journal, tmp_path: Path, problem: str, entries: list[Entry]
) -> None:
    ended = journal("verify", write(tmp_path / "wrong.bin", entries))

    assert ended.status == 4
    assert problem in ended.stdout


def test_prune_says_what_it_removes_and_removes_it(journal: Journal, tmp_path: Path) -> None:
    folder = tmp_path / ".detrun" / "journals"
    for number, outcome in enumerate(["ok", "failed", "", "ok", "ok"], 1):
        recorded(folder, number, outcome)
    planned = journal("prune", "--keep", "2", "--dry-run", "-o", "json")

    assert [Path(run["journal"]).stem for run in planned.json()["removed"]] == ["3", "1"]
    assert len(list(folder.iterdir())) == 5

    lines = journal("prune", "--keep", "2").stdout.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["removed", f".detrun/journals/{n}.bin"] for n in (3, 1)]
    assert lines[2].startswith("removed 2 runs, ")
    assert sorted(path.stem for path in folder.iterdir()) == ["2", "4", "5"]
    assert journal("prune").stdout.startswith("removed 0 runs, nothing; 3 runs left")


@pytest.mark.parametrize(("size", "left"), [("1B", 1), ("1GB", 3), ("0.5 kB", 1), ("1TiB", 3)])
def test_a_size_to_prune_to_may_have_a_unit(journal: Journal, tmp_path: Path, size: str, left: int) -> None:
    for number in range(3):
        recorded(tmp_path / "runs", number, "ok")
    journal("prune", "runs", "--size", size)

    assert len(list((tmp_path / "runs").iterdir())) == left


@pytest.mark.parametrize("asked", [["--size", "much"], ["--keep", "0"], ["nowhere"]])
def test_prune_refuses_what_cannot_be_meant(journal: Journal, asked: list[str]) -> None:
    assert journal("prune", *asked).status == 2


def test_prune_of_nothing_removes_nothing(journal: Journal) -> None:
    assert journal("prune").status == 0
