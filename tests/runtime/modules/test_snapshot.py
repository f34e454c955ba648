"""Snapshots: all files of one moment, by content (F-GEN-02)."""

from __future__ import annotations

import builtins
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from detrun.errors import UsageError
from detrun.runtime.modules import taking
from detrun.runtime.modules.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.modules.conftest import App

IGNORED = [".git/x.py", ".venv/x.py", "node_modules/x.py", "__pycache__/x.txt", ".detrun/x.py", "a/.hidden", ".env"]


def test_a_snapshot_has_all_files_sorted(app: App) -> None:
    snapshot = app.write({"b.py": "", "a/z.txt": "data", "a/b.py": "", "a.py": "1"})

    assert list(snapshot.files) == ["a.py", "a/b.py", "a/z.txt", "b.py"]
    assert snapshot.read("a/z.txt") == b"data"


@pytest.mark.parametrize("path", IGNORED)
def test_what_is_hidden_or_made_by_tools_is_left_alone(app: App, path: str) -> None:
    assert list(app.write({path: "", "main.py": ""}).files) == ["main.py"]


def test_a_digest_is_of_paths_and_contents_and_nothing_else(app: App, tmp_path: Path) -> None:
    first = app.write({"a.py": "1", "b.py": "2"})
    os.utime(tmp_path / "a.py", (1, 1))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.py").write_text("2")
    (elsewhere / "a.py").write_text("1")

    assert first.changed({}).digest == Snapshot.taken(elsewhere).digest == first.digest
    assert first.changed({"a.py": "2"}).digest != first.digest
    assert first.changed({"a.py": "2", "b.py": "1"}).digest != first.digest
    assert first.changed({"c.py": ""}).digest != first.digest


def test_a_changed_snapshot_leaves_the_other_as_it_was(app: App) -> None:
    first = app.write({"a.py": "1", "b.py": "2"})

    second = first.changed({"a.py": "3", "b.py": None, "c/d.py": b"4"})

    assert {path: source.data for path, source in second.files.items()} == {"a.py": b"3", "c/d.py": b"4"}
    assert first.read("a.py") == b"1"
    assert first.read("b.py") == b"2"


BAD_CHANGES = [
    ({"../a.py": ""}, "expected a path within the application's directory, got '../a.py'"),
    ({"/a.py": ""}, "expected a path within the application's directory, got '/a.py'"),
    ({"a/../b.py": ""}, "expected a path within the application's directory, got 'a/../b.py'"),
    ({"nothing.py": None}, "expected a file that is there to take away, got 'nothing.py'"),
]


@pytest.mark.parametrize(("changes", "objection"), BAD_CHANGES)
def test_a_change_of_what_cannot_be_changed_is_refused(
    app: App, changes: dict[str, str | None], objection: str
) -> None:
    with pytest.raises(UsageError, match=objection):
        app.write({"a.py": ""}).changed(changes)


def test_a_snapshot_of_recorded_sources_is_the_same_though_the_disk_is_not(app: App, tmp_path: Path) -> None:
    snapshot = app.write({"main.py": "1", "a/data.txt": "x"})
    recorded = {**snapshot.sources(), "/elsewhere/library.py": b""}
    app.write({"main.py": "2", "late.py": ""})

    again = Snapshot.of(recorded, tmp_path)

    assert again.digest == snapshot.digest
    assert list(again.files) == list(snapshot.files)


def test_sources_that_did_not_change_are_shared(app: App) -> None:
    first = app.write({"a.py": "1", "b.py": "2"})
    second = app.write({"b.py": "3"})

    assert first.files["a.py"] is second.files["a.py"]
    assert first.files["b.py"] is not second.files["b.py"]


def test_a_file_that_is_saved_while_it_is_read_is_read_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-GEN-01: two files are saved together, after the first was read and before the second is."""
    app.write({"a.py": "old", "b.py": "old"})
    whenever(monkeypatch, "b.py", lambda: app.write({"a.py": "new!", "b.py": "new!"}))

    snapshot = Snapshot.taken(app.directory)

    assert {source.data for source in snapshot.files.values()} == {b"new!"}


def test_a_save_that_no_time_of_a_file_shows_is_noticed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-GEN-01: as many bytes as before, within what the times of a file system can tell apart."""
    app.write({"a.py": "old", "b.py": "old"})
    now = time.time_ns()
    monkeypatch.setattr(taking, "_stamp", lambda status: (status.st_size, now, 0, 0))
    whenever(monkeypatch, "b.py", lambda: app.write({"a.py": "new", "b.py": "new"}))

    assert {source.data for source in Snapshot.taken(app.directory).files.values()} == {b"new"}


def test_a_file_that_vanishes_is_not_there(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-GEN-41: an editor's temporary file."""
    app.write({"a.py": "1", "a.py~": "2"})
    whenever(monkeypatch, "a.py~", lambda: os.unlink(app.directory / "a.py~"))

    assert list(Snapshot.taken(app.directory).files) == ["a.py"]


def test_sources_that_never_stand_still_are_refused_and_data_is_taken(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = iter(range(1, 1000))
    app.write({"a.py": "", "log.txt": ""})
    whenever(monkeypatch, "log.txt", lambda: app.directory.joinpath("log.txt").write_text("x" * next(sizes)), 1000)
    assert list(Snapshot.taken(app.directory).files) == ["a.py", "log.txt"]

    whenever(monkeypatch, "a.py", lambda: app.directory.joinpath("a.py").write_text("#" * next(sizes)), 1000)
    with pytest.raises(UsageError, match=r"expected sources that stand still, got one that does not: 'a\.py'"):
        Snapshot.taken(app.directory)


def test_data_that_is_too_large_is_left_out_and_missed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "LARGEST", 10)
    snapshot = app.write({"a.py": "", "film.mp4": "x" * 11})

    assert list(snapshot.files) == ["a.py"]
    assert dict(snapshot.left_out) == {"film.mp4": 11}
    with pytest.raises(FileNotFoundError, match="which has none of more than"):
        snapshot.read("film.mp4")


BOUNDS = [
    ("LARGEST", "expected a source of at most 4 bytes, got 5: a.py"),
    ("MOST_BYTES", "expected at most 4 bytes of files, got 10"),
    ("MOST_FILES", "expected at most 4 files, got 5"),
]


@pytest.mark.parametrize(("bound", "objection"), BOUNDS)
def test_a_directory_beyond_bounds_is_refused(
    app: App, monkeypatch: pytest.MonkeyPatch, bound: str, objection: str
) -> None:
    monkeypatch.setattr(taking, bound, 4)
    with pytest.raises(UsageError, match=objection):
        app.write({"a.py": "x" * 5, "b.py": "x" * 5, "c": "", "d": "", "e": ""})


def test_a_directory_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a directory with an application, got none"):
        Snapshot.taken(tmp_path / "nothing")


def test_links_to_files_are_followed_and_circles_are_not(app: App, tmp_path: Path) -> None:
    app.write({"a.py": "1"})
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "broken.py").symlink_to("nothing")
    (tmp_path / "itself.py").symlink_to("itself.py")

    assert list(Snapshot.taken(tmp_path).files) == ["a.py", "link.py"]


def whenever(monkeypatch: pytest.MonkeyPatch, name: str, happens: Any, times: int = 1) -> None:
    """Have something happen just before a file of this name is opened, so many times."""
    real, left = builtins.open, [times]

    def opened(file: Any, mode: str = "r", **options: Any) -> Any:
        if mode == "rb" and os.path.basename(file) == name and left[0]:
            left[0] -= 1
            happens()
        return real(file, mode, **options)

    monkeypatch.setattr(taking, "open", opened, raising=False)
