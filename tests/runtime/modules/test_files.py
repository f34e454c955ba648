"""Which files a graph depends on: those are to be watched, also after a load that failed (F-GEN-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from detrun.runtime.modules.graph import Graph
    from tests.runtime.modules.conftest import App


def files(app: App, graph: Graph) -> list[str]:
    return [path.removeprefix(f"{app.directory}/") for path in graph.files()]


def test_the_files_of_a_graph_are_what_it_imports_whenever_it_does(app: App) -> None:
    """R-GEN-32: wherever they lie, and no others."""
    graph = app.loaded(
        app.write(
            {
                "main.py": "from package.a import b\ndef f():\n    import lazy\n",
                "package/__init__.py": "",
                "package/a.py": "from . import b\n",
                "package/b.py": "from .c import *\n",
                "package/c.py": "",
                "lazy.py": "import importlib\nimport json\n",
                "unused.py": "",
                "data.txt": "",
            }
        )
    )

    assert files(app, graph) == [
        "lazy.py",
        "main.py",
        "package/__init__.py",
        "package/a.py",
        "package/b.py",
        "package/c.py",
    ]


def test_what_is_imported_by_a_name_made_up_late_is_among_them_from_then_on(app: App) -> None:
    main = "import importlib\ndef f(name):\n    importlib.import_module('plug' + name)\n"
    graph = app.loaded(app.write({"main.py": main, "plugin.py": ""}))
    assert files(app, graph) == ["main.py"]

    with graph:
        graph.modules["main"].f("in")

    assert files(app, graph) == ["main.py", "plugin.py"]


READING = """
import importlib.resources, pkgutil
import package
importlib.resources.files("package").joinpath("a.txt").read_text()
pkgutil.get_data("package", "b.txt")
"""


def test_data_that_was_read_is_among_them(app: App) -> None:
    data = {f"package/{name}": "" for name in ("__init__.py", "a.txt", "b.txt", "c.txt")}
    graph = app.loaded(app.write({"main.py": READING, **data}))

    assert files(app, graph) == ["main.py", "package/__init__.py", "package/a.txt", "package/b.txt"]


FAILED = [
    ({"new.py": "VALUE = (\n"}, ["main.py", "new.py"]),
    ({"new.py": "1 / 0\n"}, ["main.py", "new.py"]),
    ({"new.py": "1 / 0\nimport newer\n", "newer.py": ""}, ["main.py", "new.py", "newer.py"]),
    ({}, ["main.py", "new.py", "new/__init__.py"]),
    ({"new/__init__.py": "import new.er\n"}, ["main.py", "new/__init__.py", "new/er.py", "new/er/__init__.py"]),
]


@pytest.mark.parametrize(("new", "expected"), FAILED)
def test_a_failed_load_knows_the_files_that_can_mend_it(app: App, new: dict[str, str], expected: list[str]) -> None:
    """R-GEN-31: what was imported for the first time is watched though it failed, and so is what was missing."""
    graph = app.graph(app.write({"main.py": "import new\n", **new}))

    with pytest.raises((SyntaxError, ZeroDivisionError, ImportError)):
        graph.load()

    assert files(app, graph) == expected
