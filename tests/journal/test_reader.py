"""Reading a journal: whole, from a step on, as it grows, and what is said of one that is not whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.journal.reader import Journal
from tests.journal.stories import EACH, HEADER, messages, write

if TYPE_CHECKING:
    from pathlib import Path


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
