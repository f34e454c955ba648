"""What is large: files become blobs and files again, without being held whole."""

from __future__ import annotations

import asyncio
import os
import stat
from typing import TYPE_CHECKING

import pytest

from detrun.errors import Unwritable, UsageError
from detrun.journal.late import prune, restore_file, store_file, write_file
from detrun.journal.reader import Journal
from detrun.journal.recorder import Recorder
from detrun.journal.sinks import Kept
from detrun.journal.writer import Durability, Writer
from tests.journal.stories import HEADER
from tests.journal.test_retention import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3_500_000])
def test_a_storage_is_snapshotted_and_restored(tmp_path: Path, size: int) -> None:
    (tmp_path / "storage.db").write_bytes(os.urandom(size))
    with Writer(tmp_path / "run.bin", HEADER, durability=Durability.NONE) as writer:
        recorder = Recorder(writer)
        blob, found = asyncio.run(store_file(recorder, tmp_path / "storage.db"))
        recorder.snapshot(0, "Room:a", blob, found)
        assert asyncio.run(store_file(recorder, tmp_path / "storage.db")) == (blob, size)
    asyncio.run(restore_file(Journal(tmp_path / "run.bin"), blob, tmp_path / "restored.db"))

    assert (tmp_path / "restored.db").read_bytes() == (tmp_path / "storage.db").read_bytes()
    assert stat.S_IMODE((tmp_path / "restored.db").stat().st_mode) == 0o600


def test_a_file_that_changes_while_it_is_stored_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "storage.db"
    path.write_bytes(bytes(100))

    class Meddling(Recorder):
        def is_new(self, blob: bytes) -> bool:
            path.write_bytes(b"x" * 100)
            return super().is_new(blob)

    with pytest.raises(UsageError, match="expected a file that stays as it is while it is stored"):
        asyncio.run(store_file(Meddling(Kept()), path))


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text("mine")

    with pytest.raises(Unwritable, match="file exists"):
        asyncio.run(write_file(tmp_path / "out.json", [b"{}"]))


def test_old_runs_are_removed_beside_other_work(tmp_path: Path) -> None:
    for number in range(3):
        run(tmp_path, number, "ok")

    assert [old.path.stem for old in asyncio.run(prune(tmp_path, most=1))] == ["1", "0"]
