"""A journal that two read side by side gives all of its entries to both, however far one is ahead."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

import pytest

from detrun.journal import twice
from detrun.journal.reader import Journal
from detrun.journal.scan import Scan
from tests.journal.stories import EACH, messages, write


@pytest.mark.parametrize("most", [0, 1_000, 20_000, twice.MOST])
@pytest.mark.parametrize("segment", [2_000, 2**30])
def test_both_readers_get_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, segment: int) -> None:
    monkeypatch.setattr(twice, "MOST", most)
    entries = [*EACH, *messages(600, first=5)]
    read = Journal(write(tmp_path / "run.bin", entries, block=300, segment=segment)).twice()
    random, readers = Random(most), (read.ahead(), read.behind())
    got: tuple[list[object], list[object]] = ([], [])
    for _ in range(100):
        which = random.randrange(2)
        got[which].extend(islice(readers[which], random.randrange(200)))

    assert got == (entries, entries)
    assert [list(reader) for reader in readers] == [[], []]


def test_what_one_has_read_the_other_need_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Journal(write(tmp_path / "run.bin", messages(600), block=300)).twice()
    ahead, behind = read.ahead(), read.behind()
    first = list(islice(ahead, 400))
    monkeypatch.delattr(Scan, "entries")

    assert list(islice(behind, 350)) == first[:350]


def test_what_waits_for_the_other_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twice, "MOST", 5_000)
    read = Journal(write(tmp_path / "run.bin", messages(2_000), block=300)).twice()
    list(read.ahead())

    assert 4_000 < sum(kept.size for kept in read._kept) <= 5_000
