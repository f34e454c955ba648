"""Names that others have too are others', and an import that could mean either is refused."""

from __future__ import annotations

import queue
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from detrun.errors import UsageError

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App

REFUSED = [
    ({"main.py": "import queue\n", "queue.py": ""}, "'queue', which the interpreter has too: {}/main.py:1"),
    (
        {"main.py": "import helper\n", "helper.py": "\n\ndef f():\n    from queue import Queue\n", "queue.py": ""},
        "'queue'",
    ),
    ({"main.py": "import xml.dom\n", "xml/__init__.py": "", "xml/dom.py": ""}, "rename {}/xml/__init__.py"),
    ({"main.py": "import msgspec\n", "msgspec.py": ""}, "'msgspec', which a library that is imported has too"),
]


@pytest.mark.parametrize(("files", "objection"), REFUSED)
def test_an_import_that_could_mean_either_is_refused(app: App, files: dict[str, str], objection: str) -> None:
    with pytest.raises(UsageError) as caught:
        app.graph(app.write(files)).load()

    assert objection.format(app.directory) in str(caught.value)
    assert sys.modules["queue"] is queue
    assert sys.modules["msgspec"] is msgspec


def test_a_main_of_such_a_name_is_refused(app: App) -> None:
    with pytest.raises(UsageError, match="got 'code', which the interpreter has too"):
        app.graph(app.write({"code.py": ""}), "code.py").load()


def test_a_file_of_such_a_name_that_nobody_imports_does_no_harm(app: App) -> None:
    graph = app.loaded(
        app.write(
            {
                "main.py": "import json\nfrom package import queue\n",
                "queue.py": "1 / 0\n",
                "package/__init__.py": "",
                "package/queue.py": "",
            }
        )
    )

    assert graph.modules["main"].queue.__name__ == "package.queue"
    with graph:
        assert sys.modules["queue"] is queue


def test_a_folder_without_a_file_comes_after_everybody_elses_modules(app: App) -> None:
    graph = app.loaded(app.write({"main.py": "import msgspec, xml\n", "msgspec/data.txt": "", "xml/data.txt": ""}))

    assert graph.modules["main"].msgspec is msgspec


def test_the_interpreters_main_module_stays_where_it_is(app: App) -> None:
    main = sys.modules["__main__"]
    graph = app.loaded(app.write({"main.py": "", "__main__.py": "1 / 0\n"}))

    with graph:
        assert sys.modules["__main__"] is main
    with pytest.raises(UsageError, match="got '__main__', which the interpreter has too"):
        app.graph(app.write({"main.py": "import __main__\n"})).load()


def test_a_folder_does_not_hide_what_others_have_imported(app: App) -> None:
    graph = app.loaded(app.write({"main.py": "import tests.runtime\n", "tests/helper.py": ""}))

    with graph:
        assert sys.modules["tests.runtime"] is graph.modules["main"].tests.runtime
        assert __name__ in sys.modules
