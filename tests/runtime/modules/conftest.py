"""An application in a directory of its own, and the promise that nothing of it stays."""

from __future__ import annotations

import linecache
import sys
from importlib.machinery import FileFinder
from typing import TYPE_CHECKING

import pytest

from detrun.runtime.modules.graph import Graph, current, outside
from detrun.runtime.modules.lines import pinned_files
from detrun.runtime.modules.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class App:
    """An application: its directory, the snapshot that was taken of it, and graphs of that."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.graphs: list[Graph] = []

    def write(self, files: dict[str, str]) -> Snapshot:
        """Have these files on the disk, beside those that are there; what there is now."""
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Snapshot.taken(self.directory)

    def graph(self, snapshot: Snapshot, main: str = "main.py") -> Graph:
        """A graph of a snapshot, not loaded."""
        self.graphs.append(Graph(snapshot, main))
        return self.graphs[-1]

    def loaded(self, snapshot: Snapshot, main: str = "main.py") -> Graph:
        """A graph of a snapshot, loaded."""
        graph = self.graph(snapshot, main)
        graph.load()
        return graph


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An application without files; after the test nothing of it is left."""
    made = App(tmp_path)
    yield made
    assert current() is None
    for graph in made.graphs:
        graph.forget()
    ours = [name for name, module in sys.modules.items() if str(tmp_path) in str(getattr(module, "__file__", ""))]
    assert ours == []
    assert [file for file in (*pinned_files(), *linecache.cache) if file.startswith(str(tmp_path))] == []
    finders = {place: finder for place, finder in sys.path_importer_cache.items() if place.startswith(str(tmp_path))}
    assert {type(finder) for finder in finders.values()} <= {FileFinder}
    for place in finders:
        del sys.path_importer_cache[place]
    assert not list(tmp_path.rglob("*.pyc"))


@pytest.fixture(autouse=True)
def _outside() -> Iterator[None]:
    """No graph is in place after a test, whatever became of it."""
    yield
    outside()
