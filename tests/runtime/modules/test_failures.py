"""A load that fails leaves nothing, and says what went wrong with the lines that did (F-GEN-04)."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import traceback
from typing import TYPE_CHECKING

import pytest

from detrun.errors import LimitReached
from detrun.runtime.modules.graph import current
from detrun.scheduler.threads import real
from tests.runtime.modules.trees import differences

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App

GOOD = {"main.py": "import helper\nVALUE = helper.VALUE\n", "helper.py": "VALUE = 1\n"}
BAD: dict[str, tuple[dict[str, str], type[BaseException], str]] = {
    "syntax": ({"helper.py": "VALUE = (\n"}, SyntaxError, "VALUE = (\n"),
    "top level": (
        {"helper.py": "# 1\n# 2\nVALUE = 1 / 0\n"},
        ZeroDivisionError,
        "line 3, in <module>\n    VALUE = 1 / 0",
    ),
    "exit": ({"helper.py": "raise SystemExit(3)\n"}, SystemExit, "raise SystemExit(3)"),
    "missing": ({"helper.py": "import nothere\n"}, ModuleNotFoundError, "import nothere"),
    "missing name": ({"helper.py": "from main import NOTHING\n"}, ImportError, "from main import NOTHING"),
    "text": ({"helper.py": "x = '\0'\n"}, SyntaxError, "import helper"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_failed_load_is_inert_and_says_why(app: App, name: str) -> None:
    """F-GEN-04: what was there goes on; R-GEN-08."""
    files, kind, told = BAD[name]
    first = app.loaded(app.write(GOOD))
    second = app.graph(app.write(files))
    app.write({"helper.py": "# saved again meanwhile\n" * 5})
    before = dict(sys.modules)

    with first:
        with pytest.raises(kind) as caught:
            second.load()
        assert current() is first
        assert sys.modules["helper"].VALUE == 1
    with second:
        assert told in "".join(traceback.format_exception(caught.value))
    assert second.modules == {}
    assert differences(sys.modules, before) == set()


def test_a_failed_first_load_has_its_lines_outside_too(app: App) -> None:
    graph = app.graph(app.write({"main.py": "VALUE = 1 / 0\n"}))
    app.write({"main.py": "# saved again meanwhile\n"})

    with pytest.raises(ZeroDivisionError) as caught:
        graph.load()

    assert "    VALUE = 1 / 0\n" in "".join(traceback.format_exception(caught.value))


def test_a_failed_load_shows_no_frames_of_the_import_machinery(app: App) -> None:
    graph = app.graph(app.write({"main.py": "import helper\n", "helper.py": "1 / 0\n"}))

    with pytest.raises(ZeroDivisionError) as caught:
        graph.load()

    frames = [frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[-2:] == [str(app.directory / "main.py"), str(app.directory / "helper.py")]
    assert not [frame for frame in frames if frame.startswith("<frozen")]


MISSING = [
    ("import helpr\n", "looked for helpr.py, helpr/__init__.py in {}; did you mean 'helper'?"),
    ("import package.leaf\n", "looked for package/leaf.py, package/leaf/__init__.py in {}"),
    ("from package.leaf import x\n", "looked for package/leaf.py, package/leaf/__init__.py in {}"),
]


@pytest.mark.parametrize(("main", "note"), MISSING)
def test_a_missing_module_says_what_was_looked_for(app: App, main: str, note: str) -> None:
    graph = app.graph(app.write(GOOD | {"main.py": main, "package/__init__.py": ""}))

    with pytest.raises(ModuleNotFoundError) as caught:
        graph.load()

    assert caught.value.__notes__ == [note.format(app.directory)]


@pytest.mark.parametrize("on_path", [False, True])
def test_a_module_beside_the_places_where_modules_are_is_said_to_be(
    app: App, monkeypatch: pytest.MonkeyPatch, *, on_path: bool
) -> None:
    """As when a program was started as `python -m src.main`, in the folder above."""
    graph = app.graph(app.write({"src/main.py": "import src.helper\n", "src/helper.py": ""}), "src/main.py")
    if on_path:
        monkeypatch.syspath_prepend(str(app.directory))

    with pytest.raises(ModuleNotFoundError) as caught:
        graph.load()

    told = "".join(traceback.format_exception_only(caught.value))
    assert "No module named 'src'" in told
    assert "modules are looked for below 'src' only" in told


def test_what_cannot_be_imported_may_be_missed(app: App) -> None:
    main = "try:\n    import settings\nexcept ImportError:\n    settings = None\nfrom package import name\n"
    graph = app.loaded(app.write({"main.py": main, "package/__init__.py": "name = 1\n"}))

    assert graph.modules["main"].settings is None


ENDLESS = [
    "while True:\n    pass\n",
    "while True:\n    try:\n        list(range(1000))\n    except BaseException:\n        pass\n",
]


@pytest.mark.parametrize("text", ENDLESS)
def test_a_top_level_that_does_not_end_is_ended(app: App, text: str) -> None:
    graph = app.graph(app.write({"main.py": "import helper\n", "helper.py": text}))

    with pytest.raises(
        LimitReached, match=r"its limit of 0\.05 seconds of loading: .* top level of main ends"
    ) as caught:
        graph.load(limit_seconds=0.05)

    frames = [frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert str(app.directory / "helper.py") in frames
    assert graph.modules == {}


def test_a_load_within_its_limit_is_left_alone(app: App) -> None:
    graph = app.graph(app.write(GOOD))

    for _ in range(50):
        assert graph.load(limit_seconds=60).VALUE == 1
        graph.empty()


def test_what_ends_a_load_never_comes_after_it(app: App) -> None:
    graph = app.graph(app.write({"main.py": "sum(range(5_000))\n"}))

    for _ in range(200):
        with contextlib.suppress(LimitReached):
            graph.load(limit_seconds=0.0001)
        assert sum(range(100)) == 4950
        graph.empty()


def test_a_process_that_is_forked_has_no_thread_that_watches_loads(app: App) -> None:
    app.graph(app.write(GOOD)).load(limit_seconds=60)
    while not real.helpers:
        time.sleep(0.001)

    child = os.fork()
    if not child:
        os._exit(len(real.helpers))

    assert os.waitpid(child, 0)[1] == 0
    assert not real.helpers


def test_a_load_that_failed_may_be_tried_again(app: App) -> None:
    graph = app.graph(app.write({"main.py": "import helper\nhelper.tell()\n", "helper.py": "from json import tell\n"}))

    for _ in range(2):
        with pytest.raises(ImportError, match="cannot import name 'tell'"):
            graph.load()
