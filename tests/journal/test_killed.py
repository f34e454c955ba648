"""A writer that is killed at any moment leaves all that was acknowledged, and nothing that is not exact."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from detrun.errors import JournalError
from detrun.journal.reader import Journal
from detrun.journal.scan import Finished
from detrun.journal.writer import Durability
from tests.journal.stories import messages

ROOT = Path(__file__).parents[2]


def check(folder: Path, durability: Durability, count: int) -> None:
    command = [sys.executable, "-m", "tests.journal.killed", str(folder), durability.value, str(count)]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.split()

    assert len(told) == count
    for seed, acknowledged in enumerate(map(int, told)):
        check_one(folder / f"{seed}.bin", acknowledged)


def check_one(path: Path, acknowledged: int) -> None:
    try:
        journal = Journal(path)
    except JournalError:
        assert not acknowledged
        return
    found = list(journal.entries())

    assert not isinstance(journal.ending, Finished)
    assert len(found) >= acknowledged
    assert found == messages(len(found))
    assert list(Journal(path).entries(acknowledged)) == found[max(acknowledged - 1, 0) :]


@pytest.mark.parametrize("durability", [Durability.FSYNC, Durability.BATCH])
def test_a_killed_writer_loses_nothing_acknowledged(tmp_path: Path, durability: Durability) -> None:
    check(tmp_path, durability, 8)


@pytest.mark.soak
@pytest.mark.parametrize("durability", [Durability.FSYNC, Durability.BATCH])
def test_two_hundred_killed_writers_lose_nothing_acknowledged(tmp_path: Path, durability: Durability) -> None:
    check(tmp_path, durability, 200)
