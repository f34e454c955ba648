"""Which modules a snapshot has, and what they are called (F-GEN-02)."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from typing import TYPE_CHECKING

import pytest

from detrun.errors import UsageError
from detrun.runtime.modules.graph import Graph
from detrun.runtime.modules.snapshot import Snapshot
from tests.runtime.modules.trees import TREE, main_of

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App


def test_a_directory_without_a_file_of_its_own_is_a_package(app: App) -> None:
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


def test_a_name_that_no_statement_could_import_is_no_obstacle(app: App) -> None:
    graph = app.loaded(
        app.write({"my-worker.py": "import importlib\nimportlib.import_module('the-other')\n", "the-other.py": ""}),
        "my-worker.py",
    )

    assert sorted(graph.modules) == ["my-worker", "the-other"]


BAD_MAINS = [
    ("a/main.prod.py", r"expected a main module that can be imported, got 'a/main\.prod\.py': rename it"),
    ("b/main.py", r"expected a main module that is found first, got 'b/main\.py', which comes after 'a/main\.py'"),
]


@pytest.mark.parametrize(("main", "objection"), BAD_MAINS)
def test_a_main_that_cannot_be_imported_is_refused(app: App, main: str, objection: str) -> None:
    app.write({"a/main.py": "", "a/main.prod.py": "", "b/main.py": ""})

    with pytest.raises(UsageError, match=objection):
        app.graph(Snapshot.taken(app.directory, ["a", "b"]), main)


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


def test_modules_are_listed_as_the_snapshot_has_them(app: App) -> None:
    """What discovers plugins finds the same in a replay, though the folder is another one or gone."""
    first = app.loaded(app.write(TREE | {"main.py": "import package\n"}))
    second = app.loaded(first.snapshot.changed({"package/new.py": "", "package/deep/__init__.py": None}))
    app.write({"package/newer.py": ""})
    expected = [[("deep", True), ("sibling", False)], [("new", False), ("sibling", False)]]

    for graph, names in zip((first, second), expected, strict=True):
        with graph:
            found = list(pkgutil.iter_modules(main_of(graph).package.__path__, "package."))
        assert [(name.removeprefix("package."), is_package) for _, name, is_package in found] == names
    outside = pkgutil.iter_modules([str(app.directory / "package")])
    assert [name for _, name, _ in outside] == ["deep", "newer", "sibling"]
