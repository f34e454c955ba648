"""Where an exception comes from, in the words of a failure."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from detrun.model import Failure
from detrun.scheduler.raised import RemoteTraceback, places
from detrun.scheduler.verdict import judged

REMOTE = RemoteTraceback(
    "remote traceback of web.fetch (most recent call last):\n"
    '  File "/app/web.py", line 7, in fetch\n'
    "    return await deeper()\n"
    "           ^^^^^^^^^^^^^^\n"
    '  File "asyncio/tasks.py", line 500, in wait_for\n'
    "    return fut.result()\n"
    "remote traceback of store.get (most recent call last):\n"
    '  File "/app/store.py", line 3, in get\n'
    '    raise LookupError("unseen")\n'
    '  File "asyncio/locks.py", line 9, in release\n'
    "    raise"
)


def raised(code: str) -> BaseException:
    """What comes of this code, which stands in no file."""
    try:
        exec(compile(code, "<code>", "exec"), {"ast": ast})
    except BaseException as error:
        return error
    raise AssertionError("expected an exception, got none")


def compiled(path: Path, source: str) -> BaseException:
    try:
        compile(source, path, "exec")
    except SyntaxError as error:
        return error
    raise AssertionError("expected an exception, got none")


def failure(error: BaseException) -> Failure:
    _, told, _ = judged(error)
    assert told is not None
    return told


def remote() -> LookupError:
    error = LookupError("unseen")
    error.add_note("seen by nobody")
    error.__notes__.append(REMOTE)
    return error


def test_what_cannot_be_compiled_arose_in_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "program.py"

    told = failure(compiled(path, "import os\nx = = 3\n"))

    assert (told.message, told.where) == ("SyntaxError: invalid syntax", f"{path}:2: x = = 3")
    assert f'File "{path}", line 2' in told.traceback


def test_of_a_file_whose_line_is_not_known_the_file_is_named() -> None:
    error = SyntaxError("no text")
    error.filename = "/app/image.py"

    assert failure(error).where == "/app/image.py"


def test_what_cannot_be_compiled_and_stands_in_no_file_arose_where_it_was_compiled() -> None:
    told = failure(raised("def main():\n    ast.literal_eval('x = = 3')\nmain()"))

    assert told.message == "SyntaxError: invalid syntax"
    assert told.where is not None
    assert told.where.startswith(f"{ast.__file__}:")


def test_what_was_raised_in_another_context_arose_there() -> None:
    assert failure(remote()).where == '/app/store.py:3 in get: raise LookupError("unseen")'


def test_the_way_of_an_error_leads_from_there_to_here() -> None:
    try:
        raise remote()
    except LookupError as error:
        way = [(place.file, place.line) for place in places(error)]

    assert way[:2] == [("/app/store.py", 3), ("/app/web.py", 7)]
    assert [file for file, _ in way[2:]] == [__file__]


def test_the_message_has_what_was_noted_and_not_where_it_was_raised() -> None:
    told = failure(remote())

    assert told.message == "LookupError: unseen\nseen by nobody"
    assert "remote traceback of web.fetch" in told.traceback


def test_of_a_group_it_is_told_where_its_first_arose() -> None:
    told = failure(ExceptionGroup("many", [ExceptionGroup("fewer", [remote()]), ValueError("second")]))

    assert told.where == '/app/store.py:3 in get: raise LookupError("unseen")'
    assert told.message.endswith("LookupError: unseen\nseen by nobody")


@pytest.mark.parametrize("notes", [3, None, "text", [3], [None, "text"]])
def test_whatever_stands_for_notes_is_no_reason_to_fail(notes: object) -> None:
    error = ValueError("no")
    error.__dict__["__notes__"] = notes

    assert failure(error).message.startswith("ValueError: no")
