"""The lines of a generation are its own, whatever is on the disk and whoever else is there (F-GEN-02, F-GEN-04)."""

from __future__ import annotations

import io
import linecache
import pdb
import traceback
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from detrun.runtime.modules.graph import Graph
    from tests.runtime.modules.conftest import App

FIRST = "def fail():\n    raise ValueError('of the first')\n"
SECOND = "# a line more\ndef fail():\n    value = 1\n    raise ValueError('of the second')\n"


def told(graph: Graph, error: BaseException) -> str:
    """The traceback of an error, formatted where this graph is in place."""
    with graph:
        return "".join(traceback.format_exception(error))


def failure(graph: Graph) -> BaseException:
    with graph, pytest.raises(ValueError, match="of the") as caught:
        graph.modules["main"].fail()
    return caught.value


def test_tracebacks_have_the_lines_of_their_own_generation(app: App) -> None:
    first, second = app.loaded(app.write({"main.py": FIRST})), app.loaded(app.write({"main.py": SECOND}))
    app.write({"main.py": "\n" * 20})

    for graph, line, text in ((first, 2, "of the first"), (second, 4, "of the second"), (first, 2, "of the first")):
        place = f'  File "{app.directory}/main.py", line {line}, in fail\n    raise ValueError({text!r})\n'
        assert place in told(graph, failure(graph))


def test_lines_outside_are_those_of_the_latest_that_is_still_there(app: App) -> None:
    first, second = app.loaded(app.write({"main.py": FIRST})), app.loaded(app.write({"main.py": SECOND}))
    file = str(app.directory / "main.py")
    app.write({"main.py": "# of the disk\n"})

    assert linecache.getline(file, 1) == "# a line more\n"
    second.forget()
    assert linecache.getline(file, 1) == "def fail():\n"
    linecache.checkcache()
    assert linecache.getline(file, 1) == "def fail():\n"
    first.forget()
    assert linecache.getline(file, 1) == "# of the disk\n"
    linecache.cache.pop(file)


def test_the_debugger_lists_the_lines_of_its_generation(app: App) -> None:
    first, second = app.loaded(app.write({"main.py": FIRST})), app.loaded(app.write({"main.py": SECOND}))

    for graph, text in ((first, "of the first"), (second, "of the second")):
        said, error = io.StringIO(), failure(graph)
        with graph:
            debugger = pdb.Pdb(stdin=io.StringIO("list\nq\n"), stdout=said, nosigint=True, readrc=False)
            debugger.reset()
            debugger.interaction(None, error.__traceback__)
        assert f"->\t    raise ValueError({text!r})" in said.getvalue()


LINES = [
    ("a = 1\r\nb = 2", ["a = 1\n", "b = 2\n"]),
    ("a = '\x0c \x1c'\n", ["a = '\x0c \x1c'\n"]),
    ("# coding: latin-1\n# \xe4\n", ["# coding: latin-1\n", "# Ã¤\n"]),
    ("", []),
]


@pytest.mark.parametrize(("text", "lines"), LINES)
def test_lines_are_counted_as_the_interpreter_does(app: App, text: str, lines: list[str]) -> None:
    snapshot = app.write({"main.py": ""}).changed({"main.py": text})
    app.loaded(snapshot)

    assert linecache.getlines(str(app.directory / "main.py")) == lines


def test_a_graph_that_nobody_has_any_more_leaves_no_lines(app: App) -> None:
    app.loaded(app.write({"main.py": FIRST}))
    file = str(app.directory / "main.py")
    assert file in linecache.cache

    app.graphs.clear()

    assert file not in linecache.cache
