"""A journal holds the sources of every generation, and a replay loads them from there (F-GEN-02)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detrun.journal.entries import Phase
from detrun.journal.header import here
from detrun.journal.reader import Journal
from detrun.journal.recorder import Recorder
from detrun.journal.writer import Writer
from detrun.recording import sources
from detrun.recording.replay import recorded_generations, recorded_sources
from detrun.runtime.modules.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.runtime.modules.conftest import App

FIRST = {"main.py": "import helper\n", "helper.py": "VALUE = 'first'\n", "data.txt": "data"}
SECOND = {"helper.py": "VALUE = 'second'\n"}


def journal(path: Path, generations: list[Snapshot]) -> Journal:
    """A journal in which a worker has these generations."""
    with Writer(path, here("app")) as writer:
        recorder = Recorder(writer)
        for number, snapshot in enumerate(generations, 1):
            recorder.generation_moved(0, number, Phase.LOAD, name="shop", sources=snapshot.sources())
            recorder.generation_moved(0, number, Phase.READY, name="shop")
    return Journal(path)


def test_every_generation_is_loaded_from_the_sources_that_a_journal_has(app: App, tmp_path: Path) -> None:
    first = app.write(FIRST)
    read = journal(tmp_path / ".journal.bin", [first, first.changed(SECOND)])
    app.write({"helper.py": "VALUE = 'today'\n"})

    recorded = recorded_generations(read)

    assert list(recorded) == [("shop", 1), ("shop", 2)]
    snapshots = [Snapshot.of(files, app.directory) for files in recorded.values()]
    assert [snapshot.digest for snapshot in snapshots] == [first.digest, first.changed(SECOND).digest]
    assert [app.loaded(snapshot).modules["helper"].VALUE for snapshot in snapshots] == ["first", "second"]


def test_a_finder_of_recorded_sources_does_not_get_in_the_way(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows one content for each file, that of the last generation."""
    package = {"main.py": "import package.leaf\n", "package/__init__.py": "", "package/leaf.py": "VALUE = 'first'\n"}
    first = app.write(package)
    read = journal(tmp_path / ".journal.bin", [first, first.changed({"package/leaf.py": "VALUE = 'second'\n"})])
    monkeypatch.setattr(sys, "meta_path", [sources.RecordedFinder(recorded_sources(read)), *sys.meta_path])

    assert app.loaded(first).modules["package.leaf"].VALUE == "first"


def test_the_sources_of_what_is_in_place_are_those_that_it_was_loaded_from(app: App) -> None:
    graph = app.loaded(app.write(FIRST))
    app.write({"helper.py": "VALUE = 'today'\n"})

    with graph:
        found = sources.of_program(set())

    assert found[str(app.directory / "helper.py")] == b"VALUE = 'first'\n"
