"""`detrun journal diff`: what is a difference, which is the first, and how it is shown."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from detrun.journal.entries import Checked, Ended, Entry, Failed, Named, Sent
from tests.cli.journals import CORPUS, Journal, journal
from tests.journal import compat
from tests.journal.stories import HEADER, messages, write

__all__ = ["journal"]

RUN: list[Entry] = [Named(1, "a to b"), Named(2, "b to a"), *messages(8), Checked(8, 77, 5), Ended(8, "ok")]
CHANGES: list[tuple[int, dict[str, Any], list[str]]] = [
    (2, {"step": 0}, ["step"]),
    (3, {"n": 5}, ["n"]),
    (4, {"origin": 5}, ["origin"]),
    (5, {"name": 2}, ["name"]),
    (6, {"digest": 1, "size": 3}, ["digest", "size"]),
    (10, {"digest": 1}, ["digest"]),
    (11, {"outcome": "failed", "exit_code": 1}, ["outcome", "exit_code"]),
]


def changed(place: int, **fields: Any) -> list[Entry]:
    """The run with other fields in one entry."""
    return [replace(entry, **fields) if at == place else entry for at, entry in enumerate(RUN)]


@pytest.mark.parametrize(("place", "fields", "named"), CHANGES)
def test_the_first_entry_that_differs_is_named(
    journal: Journal, tmp_path: Path, place: int, fields: dict[str, Any], named: list[str]
) -> None:
    one, other = write(tmp_path / "one.bin", RUN), write(tmp_path / "other.bin", changed(place, **fields))
    ended = journal("diff", one, other, "-o", "json")
    found = ended.json()["difference"]

    assert ended.status == 1
    assert (found["entry"], found["fields"]) == (place - 1, named)
    assert f"entry {place - 1}," in journal("diff", one, other).stdout


@pytest.mark.parametrize("name", compat.STORIES)
def test_a_journal_does_not_differ_from_itself(journal: Journal, name: str) -> None:
    ended = journal("diff", CORPUS / f"{name}.bin", CORPUS / f"{name}.bin")

    assert (ended.status, ended.stdout) == (0, "")


def test_a_run_that_ends_earlier_differs(journal: Journal, tmp_path: Path) -> None:
    one, other = write(tmp_path / "one.bin", RUN), write(tmp_path / "other.bin", RUN[:-1])

    for pair in ((one, other), (other, one)):
        ended = journal("diff", *pair)
        assert ended.status == 1
        assert "one of them ends before entry 10, at step 8" in ended.stdout
        assert "(ends here)" in ended.stdout


def test_numbers_of_names_are_no_difference(journal: Journal, tmp_path: Path) -> None:
    other = [Named(1, "b to a"), Named(2, "a to b"), *(replace(m, name=2) for m in messages(8)), *RUN[-2:]]

    assert journal("diff", write(tmp_path / "1.bin", RUN), write(tmp_path / "2.bin", other)).status == 0


def test_levels_and_addresses_are_no_difference(journal: Journal, tmp_path: Path) -> None:
    lean: list[Entry] = [Sent(1, 1, 1, 0, 5, 2), Failed(1, "exception", "<A at 0x7f00deadbeef>", "", "0x55aa00112233")]
    full: list[Entry] = [
        Sent(1, 1, 1, 0, 5, 2, b"hi"),
        Failed(1, "exception", "<A at 0x7f11deadbeef>", "", "0x55aa0011"),
    ]
    one = write(tmp_path / "one.bin", lean)
    other = write(tmp_path / "other.bin", full, header=replace(HEADER, level="full"))

    assert journal("diff", one, other).status == 0


def test_what_runs_were_made_of_is_said_first_and_is_no_difference(journal: Journal, tmp_path: Path) -> None:
    made_of = replace(HEADER, python="3.13.0", seed="8", sources={"app.py": b"1" * 32}, libraries={"yarl": "1.9"})
    one, other = write(tmp_path / "one.bin", RUN), write(tmp_path / "other.bin", RUN, header=made_of)
    ended = journal("diff", one, other)

    assert ended.status == 0
    assert [line.split()[0] for line in ended.stdout.splitlines()[1:] if line.startswith("  ")][:4] == [
        "python",
        "libraries",
        "seed",
        "sources",
    ]
    assert journal("diff", one, other, "-o", "json").json()["header"]["python"] == ["3.11.7", "3.13.0"]


def test_three_steps_before_are_shown_in_two_columns_of_100(journal: Journal, tmp_path: Path) -> None:
    one, other = write(tmp_path / "one.bin", RUN), write(tmp_path / "other.bin", changed(7, size=3))
    lines = journal("diff", one, other).stdout.splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith("they differ first"))
    steps = [(line[:48].split()[0], line[51:].split()[0]) for line in lines[begin + 2 : begin + 6]]

    assert lines[begin] == "they differ first in entry 6, at step 6: size"
    assert steps == [("3", "3"), ("4", "4"), ("5", "5"), ("6", "6")]
    assert [line[49] for line in lines[begin + 2 : begin + 6]] == [" ", " ", " ", "|"]
    assert max(map(len, lines)) <= 100
    assert lines[-2:] == ["- size: 64", "+ size: 3"]


def test_in_a_narrow_terminal_they_are_below_each_other(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detrun.cli.journal.diff.width", lambda: 60)
    one, other = write(tmp_path / "one.bin", RUN), write(tmp_path / "other.bin", changed(7, size=3))
    lines = journal("diff", one, other).stdout.splitlines()

    assert [line[0] for line in lines] == [*"t-+   ", *"----", *"++++", *"-+"]
    assert max(map(len, lines)) <= 60
