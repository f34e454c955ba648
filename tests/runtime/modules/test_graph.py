"""Graphs: an application's own modules, several generations side by side (F-GEN-01, F-GEN-02)."""

from __future__ import annotations

import importlib
import importlib.resources
import importlib.util
import json
import sys
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from detrun.errors import Forbidden
from detrun.runtime.modules.graph import current, outside
from detrun.runtime.modules.snapshot import Snapshot
from tests.runtime.modules.trees import SECOND, TREE, differences, main_of

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App


def test_two_generations_have_two_versions_of_all_their_modules(app: App) -> None:
    """F-GEN-02: transitive imports included, and nothing of a module's state goes on."""
    first = app.loaded(app.write(TREE))
    second = app.loaded(app.write(SECOND))

    assert [main_of(graph).VALUE for graph in (first, second)] == [1, 2]
    assert [main_of(graph).helper.VALUE for graph in (first, second)] == ["helper 1", "helper 2"]
    assert [main_of(graph).leaf.VALUE for graph in (first, second)] == ["leaf 1", "leaf 2"]
    assert sorted(first.modules) == sorted(second.modules)
    assert not {id(module) for module in first.modules.values()} & {id(module) for module in second.modules.values()}


def test_libraries_are_shared_by_graphs(app: App) -> None:
    snapshot = app.write({"main.py": "import json\n"})
    first, second = app.loaded(snapshot), app.loaded(snapshot)

    assert main_of(first).json is main_of(second).json is json


def test_nothing_of_a_graph_is_there_outside_of_it(app: App) -> None:
    before = dict(sys.modules)
    graph = app.loaded(app.write(TREE))
    assert differences(sys.modules, before) == set()

    graph.install()
    assert set(sys.modules) - set(before) == set(graph.modules)
    assert current() is graph

    assert outside() is graph
    assert differences(sys.modules, before) == set()
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


def test_graphs_of_modules_nest(app: App) -> None:
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


def test_a_generation_that_was_stopped_imports_nothing_more(app: App) -> None:
    graph = app.loaded(app.write(TREE))
    graph.forget()

    with graph, pytest.raises(ModuleNotFoundError, match="No module named 'lazy': its generation was stopped"):
        importlib.import_module("lazy")
