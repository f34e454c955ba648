"""What is in `sys.modules` while a generation is in place, and what is hidden meanwhile."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from detrun.runtime.modules.graph import outside
from tests.runtime.modules.trees import TREE, differences

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App


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
        for n in range(3):
            with first:
                assert sys.modules["helper"] is first.modules["helper"] is not mine["helper"]
                assert sys.modules["third"] is mine["third"]
                assert "other.part" not in sys.modules
                second.install()
                assert sys.modules["third"] is second.modules["third"] is not mine["third"]
                assert sys.modules["other.part"] is mine["other.part"]
                assert "helper" not in sys.modules
                first.install()
            assert differences(sys.modules, before) == set()
            # What libraries import meanwhile is seen by both.
            sys.modules["helper"] = mine["helper"] = before["helper"] = type(sys)("helper")
            before[f"library_{n}"] = sys.modules[f"library_{n}"] = type(sys)("library")
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


def test_as_many_modules_as_before_need_not_be_the_same(app: App) -> None:
    graph = app.loaded(app.write(TREE))
    mine, other = type(sys)("helper"), type(sys)("qother")
    try:
        sys.modules["qother"] = other
        graph.install()
        outside()
        del sys.modules["qother"]
        sys.modules["helper"] = mine
        with graph:
            assert sys.modules["helper"] is graph.modules["helper"]
        assert sys.modules["helper"] is mine
    finally:
        del sys.modules["helper"]
