"""Graphs: an application's own modules, several generations side by side (F-GEN-01, F-GEN-02)."""

from __future__ import annotations

import importlib
import importlib.resources
import importlib.util
import json
import pkgutil
import sys
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from detrun.errors import Forbidden, UsageError
from detrun.runtime.modules.graph import Graph, current, outside
from detrun.runtime.modules.snapshot import Snapshot

if TYPE_CHECKING:
    from types import ModuleType

    from tests.runtime.modules.conftest import App

TREE = {
    "main.py": "import helper\nimport package.deep.leaf as leaf\nfrom package import sibling\nVALUE = 1\n",
    "helper.py": "VALUE = 'helper 1'\n",
    "package/__init__.py": "",
    "package/sibling.py": "from . import deep\nfrom .deep.leaf import VALUE\n",
    "package/deep/__init__.py": "from .. import sibling\n",
    "package/deep/leaf.py": "VALUE = 'leaf 1'\n",
    "package/data/text.txt": "text 1",
    "space/inner/module.py": "VALUE = 'space 1'\n",
    "lazy.py": "VALUE = 'lazy 1'\n",
    "late.py": "def get():\n    import lazy\n    return lazy.VALUE\n",
}
SECOND = {path: text.replace("1", "2") for path, text in TREE.items()}


def main_of(graph: Graph) -> ModuleType:
    return graph.modules["main"]


def test_two_generations_have_two_versions_of_all_their_modules(app: App) -> None:
    """F-GEN-02: transitive imports included, and nothing of a module's state goes on."""
    first = app.loaded(app.write(TREE))
    second = app.loaded(app.write(SECOND))

    assert [main_of(graph).VALUE for graph in (first, second)] == [1, 2]
    assert [main_of(graph).helper.VALUE for graph in (first, second)] == ["helper 1", "helper 2"]
    assert [main_of(graph).leaf.VALUE for graph in (first, second)] == ["leaf 1", "leaf 2"]
    assert sorted(first.modules) == sorted(second.modules)
    assert not {id(module) for module in first.modules.values()} & {id(module) for module in second.modules.values()}


def test_libraries_are_shared(app: App) -> None:
    snapshot = app.write({"main.py": "import json\n"})
    first, second = app.loaded(snapshot), app.loaded(snapshot)

    assert main_of(first).json is main_of(second).json is json


def test_nothing_of_a_graph_is_there_outside_of_it(app: App) -> None:
    before = dict(sys.modules)
    graph = app.loaded(app.write(TREE))
    assert sys.modules == before

    graph.install()
    assert set(sys.modules) - set(before) == set(graph.modules)
    assert current() is graph

    assert outside() is graph
    assert sys.modules == before
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("helper")


def test_installing_says_who_was_there_before(app: App) -> None:
    snapshot = app.write(TREE)
    first, second = app.graph(snapshot), app.graph(snapshot)

    assert [first.install(), first.install(), second.install(), outside(), outside()] == [
        None,
        first,
        first,
        second,
        None,
    ]


def test_graphs_nest(app: App) -> None:
    snapshot = app.write(TREE)
    first, second = app.loaded(snapshot), app.loaded(snapshot)

    with first:
        with second, first:
            assert sys.modules["helper"] is first.modules["helper"]
        assert sys.modules["helper"] is first.modules["helper"]
    assert "helper" not in sys.modules


def test_what_is_imported_late_is_of_the_generation_and_not_what_is_on_the_disk(app: App) -> None:
    """F-GEN-02: an object that starts later runs its generation's code."""
    first = app.loaded(app.write(TREE | {"main.py": "import late\n"}))
    second = app.loaded(app.write(SECOND | {"main.py": "import late\n"}))
    app.write({"lazy.py": "VALUE = 'lazy of the disk'\n"})

    with first:
        assert main_of(first).late.get() == "lazy 1"
    with second:
        assert main_of(second).late.get() == "lazy 2"
    with first:
        assert sys.modules["lazy"].VALUE == "lazy 1"


def test_packages_have_the_submodules_of_their_own_generation_for_attributes(app: App) -> None:
    first, second = app.loaded(app.write(TREE)), app.loaded(app.write(SECOND))

    for graph in (first, second):
        package = graph.modules["package"]
        assert package.sibling is graph.modules["package.sibling"]
        assert package.deep.leaf is graph.modules["package.deep.leaf"]


def test_what_is_imported_late_becomes_an_attribute_of_its_own_generations_package(app: App) -> None:
    snapshot = app.write({"main.py": "import package\n", "package/__init__.py": "", "package/late.py": ""})
    first, second = app.loaded(snapshot), app.loaded(snapshot)

    with second:
        importlib.import_module("package.late")

    assert hasattr(main_of(second).package, "late")
    assert not hasattr(main_of(first).package, "late")


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


def test_a_module_may_replace_itself(app: App) -> None:
    main = "import sys\nclass Odd:\n    VALUE = 1\nsys.modules[__name__] = Odd()\n"
    snapshot = app.write({"main.py": main})
    first, second = app.loaded(snapshot), app.loaded(snapshot)

    with first:
        assert sys.modules["main"] is main_of(first)
        assert type(sys.modules["main"]).__name__ == "Odd"
    assert main_of(first) is not main_of(second)


def test_a_module_looks_itself_up(app: App) -> None:
    graph = app.loaded(app.write({"main.py": "import sys\nITSELF = sys.modules[__name__]\n"}))

    assert main_of(graph).ITSELF is main_of(graph)


def test_what_a_generation_does_to_its_modules_stays_its_own(app: App) -> None:
    snapshot = app.write(TREE)
    first, second = app.loaded(snapshot), app.loaded(snapshot)
    fake = type(sys)("fake")

    with first:
        sys.modules["helper"] = fake
    with second:
        assert sys.modules["helper"] is second.modules["helper"] is not fake
        del sys.modules["helper"]
        sys.modules["package.made"] = fake
        with first:
            assert sys.modules["helper"] is fake
            assert "package.made" not in sys.modules
        assert "helper" not in sys.modules
        assert sys.modules["package.made"] is fake


def test_a_patch_is_of_the_generation_in_place(app: App) -> None:
    first, second = app.loaded(app.write(TREE)), app.loaded(app.write(SECOND))

    with second, mock.patch("helper.VALUE", "patched"):
        assert main_of(second).helper.VALUE == "patched"
        assert main_of(first).helper.VALUE == "helper 1"
    assert main_of(second).helper.VALUE == "helper 2"


def test_a_reload_by_hand_is_refused(app: App) -> None:
    graph = app.loaded(
        app.write(TREE | {"main.py": "import importlib, helper\ndef again():\n    importlib.reload(helper)\n"})
    )

    with graph, pytest.raises(Forbidden, match=r"importlib\.reload\(\) of helper"):
        main_of(graph).again()
    with graph:
        assert importlib.reload(json.decoder) is json.decoder


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


def test_resources_are_those_of_the_generation(app: App) -> None:
    files = TREE | {"main.py": "import package, package.data\n"}
    first = app.loaded(app.write(files))
    second = app.loaded(app.write({"package/data/text.txt": "text 2"}))
    app.write({"package/data/text.txt": "text of the disk"})

    for graph, text in ((first, "text 1"), (second, "text 2")):
        with graph:
            assert importlib.resources.files("package").joinpath("data", "text.txt").read_text() == text
            assert importlib.resources.files("package.data").joinpath("text.txt").read_bytes() == text.encode()
            assert pkgutil.get_data("package", "data/text.txt") == text.encode()
            with importlib.resources.as_file(importlib.resources.files("package") / "data" / "text.txt") as path:
                assert path.read_text() == text


def test_resources_are_walked(app: App) -> None:
    graph = app.loaded(app.write(TREE | {"main.py": "import package\n"}))

    with graph:
        package = importlib.resources.files("package")
        assert [place.name for place in package.iterdir()] == ["__init__.py", "data", "deep", "sibling.py"]
        assert [place.is_dir() for place in package.iterdir()] == [False, True, True, False]
        assert not (package / "nothing").is_file()
        with pytest.raises(FileNotFoundError, match="expected a file of the snapshot, got none: package/nothing"):
            (package / "nothing").read_text()


def test_a_graph_of_recorded_sources_needs_no_disk(app: App) -> None:
    sources = app.write(TREE).sources()
    for path in sorted(app.directory.rglob("*.py")):
        path.unlink()

    graph = app.loaded(Snapshot.of(sources, app.directory))

    assert main_of(graph).helper.VALUE == "helper 1"


def test_code_is_compiled_once_for_generations_whose_file_is_the_same(app: App) -> None:
    first = app.loaded(app.write({"main.py": "import helper\n", "helper.py": "def f():\n    return 1\n"}))
    second = app.loaded(app.write({"main.py": "import helper\n# changed\n"}))

    one, two = (main_of(graph).helper.f for graph in (first, second))
    assert one is not two
    assert one.__code__ is two.__code__
    assert one.__globals__ is not two.__globals__


def test_modules_that_were_there_before_are_so_afterwards(app: App) -> None:
    """What shares a name with an application's module, and is no library, is hidden while that is in place."""
    mine = sys.modules["helper"] = type(sys)("helper")
    try:
        graph = app.loaded(app.write(TREE))
        with graph:
            assert sys.modules["helper"].VALUE == "helper 1"
        assert sys.modules["helper"] is mine
    finally:
        del sys.modules["helper"]


def test_applications_with_other_names_take_turns(app: App) -> None:
    first = app.loaded(app.write({"main.py": "import helper\n", "helper.py": "", "other.py": ""}))
    second = app.loaded(first.snapshot.changed({"main.py": "import third\n", "third.py": "", "other.py": None}))

    with first:
        with second:
            assert "helper" not in sys.modules
            assert "third" in sys.modules
        assert "helper" in sys.modules
        assert "third" not in sys.modules


def test_modules_hidden_by_one_application_are_there_in_another(app: App) -> None:
    """Workers of one process have names in common with each other, and with what was there before any."""
    mine = {name: type(sys)(name) for name in ("helper", "third", "other.part")}
    sys.modules.update(mine)
    before = dict(sys.modules)
    try:
        first = app.loaded(
            app.write({"a/main.py": "import helper\n", "a/helper.py": "", "a/other/part.py": ""}), "a/main.py"
        )
        second = app.loaded(
            app.write({"b/main.py": "import third\n", "b/third.py": "", "b/helper.py": ""}), "b/main.py"
        )
        for _ in range(3):
            with first:
                assert sys.modules["helper"] is first.modules["helper"] is not mine["helper"]
                assert sys.modules["third"] is mine["third"]
                assert "other.part" not in sys.modules
                second.install()
                assert sys.modules["third"] is second.modules["third"] is not mine["third"]
                assert sys.modules["other.part"] is mine["other.part"]
                assert "helper" not in sys.modules
                first.install()
            assert sys.modules == before
            # What libraries import meanwhile is seen by both.
            sys.modules["helper"] = mine["helper"] = before["helper"] = type(sys)("helper")
            before[f"library_{_}"] = sys.modules[f"library_{_}"] = type(sys)("library")
    finally:
        for name in set(sys.modules) & {*mine, "library_0", "library_1", "library_2"}:
            del sys.modules[name]


def test_modules_that_come_while_another_application_is_in_place_are_hidden_too(app: App) -> None:
    first = app.loaded(app.write({"a/main.py": "", "a/one.py": ""}), "a/main.py")
    second = app.loaded(app.write({"b/main.py": "", "b/two.py": ""}), "b/main.py")
    library = type(sys)("two")
    try:
        for graph in (first, second, first):
            graph.install()
        sys.modules["two"] = library
        second.install()
        assert "two" not in sys.modules
        first.install()
        assert sys.modules["two"] is library
        outside()
        assert sys.modules["two"] is library
    finally:
        sys.modules.pop("two", None)


def test_a_generation_that_was_stopped_imports_nothing_more(app: App) -> None:
    graph = app.loaded(app.write(TREE))
    graph.forget()

    with graph, pytest.raises(ModuleNotFoundError, match="No module named 'lazy': its generation was stopped"):
        importlib.import_module("lazy")
