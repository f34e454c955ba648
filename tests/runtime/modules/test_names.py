"""Which modules a snapshot has, and what they are called (F-GEN-02)."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from typing import TYPE_CHECKING

import pytest

from detrun.errors import UsageError
from detrun.runtime.modules.graph import Graph
from detrun.runtime.modules.snapshot import Snapshot
from tests.runtime.modules.trees import TREE, main_of

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App


def test_namespace_packages_work(app: App) -> None:
    graph = app.loaded(app.write(TREE | {"main.py": "import space.inner.module\nimport package.data\n"}))

    assert main_of(graph).space.inner.module.VALUE == "space 1"


def test_a_namespace_of_two_roots_is_one_package(app: App) -> None:
    app.write({"one/main.py": "import space.a, space.b\n", "one/space/a.py": "", "two/space/b.py": ""})
    graph = app.loaded(Snapshot.taken(app.directory, ["one", "two"]), "main")

    assert list(graph.modules["space"].__path__) == [f"{app.directory}/one/space", f"{app.directory}/two/space"]


MAINS = [
    ((), "src/main.py", "main"),
    ((), "src/shop/main.py", "main"),
    (("src",), "src/shop/main.py", "shop.main"),
    (("src",), "shop.main", "shop.main"),
    ((".",), "src.shop.main", "src.shop.main"),
    (("src/shop",), "src/main.py", "main"),
    ((), "src.main", "src.main"),
    (("src",), "src/shop/__init__.py", "shop"),
]


@pytest.mark.parametrize(("roots", "main", "name"), MAINS)
def test_the_main_module_is_named_by_the_root_it_is_below(
    app: App, roots: tuple[str, ...], main: str, name: str
) -> None:
    app.write({"src/main.py": "", "src/shop/main.py": "", "src/shop/__init__.py": ""})
    graph = app.graph(Snapshot.taken(app.directory, roots), main)

    assert graph.load().__name__ == name
    assert name in graph.modules


def test_a_guard_of_main_does_not_let_through(app: App) -> None:
    graph = app.loaded(app.write({"main.py": "NAME = __name__\nif __name__ == '__main__':\n    1 / 0\n"}))

    assert main_of(graph).NAME == "main"


def test_a_main_that_is_not_there_is_refused(app: App) -> None:
    snapshot = app.write({"src/main.py": ""})

    with pytest.raises(UsageError, match=r"got 'src/mian\.py' \(did you mean 'src/main\.py'\?\)"):
        Graph(snapshot, "src/mian.py")


@pytest.mark.parametrize("root", ["..", "/", "a/../../b"])
def test_a_root_outside_is_refused(app: App, root: str) -> None:
    with pytest.raises(UsageError, match="expected a folder of the application"):
        Snapshot.taken(app.directory, [root])


def test_modules_know_their_place(app: App) -> None:
    graph = app.loaded(app.write(TREE))
    leaf = graph.modules["package.deep.leaf"]

    assert leaf.__file__ == str(app.directory / "package/deep/leaf.py")
    assert leaf.__spec__ is not None
    assert leaf.__spec__.has_location
    assert leaf.__package__ == "package.deep"
    assert list(graph.modules["package"].__path__) == [str(app.directory / "package")]


def test_what_came_to_the_disk_later_is_not_there(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = app.loaded(app.write(TREE))
    app.write({"package/newer.py": "", "newer.py": "", "newer_space/x.py": ""})
    monkeypatch.syspath_prepend(str(app.directory))

    with graph:
        for name in ("package.newer", "newer", "newer_space.x"):
            with pytest.raises(ModuleNotFoundError, match="it was not there when this generation was loaded"):
                importlib.import_module(name)


def test_a_search_for_a_module_finds_what_there_is(app: App) -> None:
    graph = app.loaded(app.write(TREE))

    with graph:
        assert importlib.util.find_spec("package.nothing") is None
        assert importlib.util.find_spec("lazy") is not None
        assert [
            found.name
            for found in pkgutil.iter_modules(main_of(graph).leaf.__spec__.parent and sys.modules["package"].__path__)
        ] == ["deep", "sibling"]
