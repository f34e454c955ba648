"""The codec of errors: whatever is raised arrives, as what it was if it can.

F-RPC-08, R-RPC-12.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detrun.errors import NotSendable, RemoteError
from detrun.runtime.remote_errors import decode_error, encode_error
from detrun.runtime.values import decode, encode
from tests.runtime.anything import PLAIN, RECEIVER, WHAT, same
from tests.runtime.mishaps import WHERE, Choosy, Many, Missing, Nowhere, Slotted, Teapot, Terse, arrived, raised, told
from tests.runtime.shapes import Price, Receiver

ERRORS: list[BaseException] = [
    ValueError(),
    ValueError("a", 1, (2, Price(3))),
    KeyError("a"),
    Teapot(3, lid=True),
    Slotted(7),
    Missing("/tmp/a"),
    Choosy(word="yes"),
    OSError(2, "gone", "/tmp/a"),
    ImportError("no", name="a", path="/a.py"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    SyntaxError("bad", ("a.py", 1, 2, "x =", 1, 3)),
    AttributeError("no", name="a", obj=threading.Lock()),
    NotSendable(WHAT, "[0]", "no", "do not"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_arrives_as_what_it_was(error: BaseException) -> None:
    found = arrived(error)

    assert told(found) == told(error)
    assert found.remote is True  # type: ignore[attr-defined]


def test_what_c_keeps_arrives() -> None:
    missing, bad, imported = arrived(Missing("/tmp/a")), arrived(ERRORS[9]), arrived(ERRORS[8])

    assert isinstance(missing, Missing)
    assert (missing.errno, missing.strerror, missing.filename) == (2, "gone", "/tmp/a")
    assert isinstance(bad, UnicodeDecodeError)
    assert (bad.object, bad.start, bad.reason) == (b"\xff", 0, "bad")
    assert isinstance(imported, ImportError)
    assert (imported.name, imported.path) == ("a", "/a.py")
    assert arrived(Slotted(7)).code == 7  # type: ignore[attr-defined]


@pytest.mark.parametrize("mark", ["retryable", "overloaded"])
def test_marks_of_an_error_are_kept(mark: str) -> None:
    error = ValueError("busy")
    setattr(error, mark, True)

    assert getattr(arrived(error), mark) is True


def test_what_cannot_travel_is_left_out_piece_by_piece() -> None:
    error = ValueError("a", threading.Lock(), 2)
    error.lock, error.size, error.odd = threading.Lock(), 3, "\ud800"  # type: ignore[attr-defined]

    found = arrived(error)

    assert found.args == ("a", "<lock that did not travel>", 2)
    assert vars(found) == {"size": 3, "remote": True}


def test_what_is_too_large_is_left_out() -> None:
    error = ValueError("a" * 2**22)
    error.small, error.large = 1, b"a" * 2**22  # type: ignore[attr-defined]

    found = arrived(error)

    assert found.args == ("<str that did not travel>",)
    assert vars(found) == {"small": 1, "remote": True}


def chained(length: int) -> BaseException:
    error: BaseException = ValueError(0)
    for number in range(1, length):
        error = raised(ValueError(number), error)
    return error


def causes(error: BaseException | None) -> list[object]:
    found: list[object] = []
    while error is not None and len(found) < 100:
        found.append(error.args[0])
        error = error.__cause__
    return found


@pytest.mark.parametrize(("length", "kept"), [(1, 1), (9, 9), (10, 9), (50, 9)])
def test_a_chain_of_causes_is_kept_to_a_depth_of_eight(length: int, kept: int) -> None:
    assert causes(arrived(chained(length))) == list(range(length))[::-1][:kept]


def test_cause_and_context_stay_what_they_were() -> None:
    try:
        try:
            raise KeyError("first")
        except KeyError:
            raise ValueError("second")  # noqa: B904
    except ValueError as error:
        implicit = arrived(error)
        explicit = arrived(raised(TypeError("third"), error))

    assert (implicit.__cause__, implicit.__suppress_context__) == (None, False)
    assert isinstance(implicit.__context__, KeyError)
    assert explicit.__cause__ is not None
    assert explicit.__cause__ is explicit.__context__
    assert explicit.__suppress_context__
    assert isinstance(explicit.__cause__.__context__, KeyError)


def test_an_error_that_is_its_own_cause_ends() -> None:
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first

    found = arrived(first)

    assert found.__cause__ is not None
    assert found.__cause__.__cause__ is found


def test_an_error_within_its_own_arguments_ends() -> None:
    error = ValueError()
    error.args = (1, error, KeyError(error, 2))

    found = arrived(error)

    assert found.args[:2] == (1, "<ValueError that did not travel>")
    assert found.args[2].args == ("<ValueError that did not travel>", 2)


def test_a_tree_of_errors_ends() -> None:
    error: BaseException = Terse(0)
    for number in range(40):
        below, error = error, Terse(number, error, error, error)
        error.__cause__ = below

    assert len(encode_error(error, WHERE)) < 1_000_000


def test_members_of_a_group_arrive() -> None:
    lost = Teapot(1, lid=False)
    group = Many("many", [ValueError(1), ExceptionGroup("inner", [lost, KeyError("a")])])

    found = arrived(group)

    assert isinstance(found, Many)
    assert found.message == "many"
    matched, rest = found.split(Teapot)
    assert matched is not None
    assert rest is not None
    assert told(matched.exceptions[0].exceptions[0]) == told(lost)  # type: ignore[union-attr]
    assert [type(each) for each in rest.exceptions] == [ValueError, ExceptionGroup]


def test_a_group_whose_class_is_not_here_still_has_its_text() -> None:
    found = arrived(Many("many", [ValueError(1)]), Nowhere())

    assert str(found) == "tests.runtime.mishaps.Many: many (1 sub-exception)"


class Whatever(Receiver):
    def find_class(self, module: str, qualname: str) -> type:
        return dict


@pytest.mark.parametrize("receiver", [Nowhere(), Whatever()])
def test_a_class_that_is_not_here_is_named(receiver: Receiver) -> None:
    error = Teapot(3, lid=True)
    error.retryable = True  # type: ignore[attr-defined]

    found = arrived(raised(error), receiver)

    assert type(found) is RemoteError
    assert str(found) == "tests.runtime.mishaps.Teapot: a teapot of 3"
    assert (found.size, found.lid, found.retryable, found.remote) == (3, True, True, True)  # type: ignore[attr-defined]


def test_what_one_receiver_cannot_make_the_next_one_may() -> None:
    found = arrived(arrived(raised(Teapot(3, lid=True)), Nowhere()))

    assert told(found) == told(Teapot(3, lid=True))


def test_a_class_within_a_function_is_named() -> None:
    class Local(Exception):
        pass

    found = arrived(Local("a"))

    assert type(found) is RemoteError
    assert found.qualname.endswith("<locals>.Local")


CONTROL: list[tuple[BaseException, str]] = [
    (asyncio.CancelledError("stop"), "asyncio.exceptions.CancelledError: stop"),
    (GeneratorExit(), "GeneratorExit"),
    (SystemExit(3), "SystemExit: 3"),
    (KeyboardInterrupt(), "KeyboardInterrupt"),
    (StopIteration(3), "StopIteration: 3"),
    (StopAsyncIteration(), "StopAsyncIteration"),
    (BaseExceptionGroup("both", [SystemExit(1)]), "BaseExceptionGroup: both (1 sub-exception)"),
]


@pytest.mark.parametrize(("error", "text"), CONTROL, ids=[text for _, text in CONTROL])
def test_what_controls_the_other_context_controls_nothing_here(error: BaseException, text: str) -> None:
    found = arrived(raised(error, KeyError("why")))

    assert (type(found), str(found)) == (RemoteError, text)
    assert isinstance(found.__cause__, KeyError)
    assert [note for note in found.__notes__ if WHERE in note]


def test_as_a_value_it_is_what_it_was() -> None:
    values = [asyncio.CancelledError(), SystemExit(3), StopIteration(3), ValueError(Price(1))]

    found = decode(encode(values, None, WHAT), RECEIVER)

    assert isinstance(found, list)
    assert [told(each) for each in found] == [told(each) for each in values]
    assert not hasattr(found[3], "remote")
    assert not hasattr(found[3], "__notes__")


def test_where_it_was_raised_is_shown() -> None:
    error = raised(ValueError("a"))
    error.add_note("mine")

    found = arrived(error)
    shown = "".join(traceback.format_exception(found))

    assert found.__notes__[0] == "mine"
    assert f"remote traceback of {WHERE} (most recent call last):\n" in shown
    assert "raise error from cause" in shown


def test_what_travels_is_the_same_wherever_it_happens() -> None:
    def raised_in_a_library() -> BaseException:
        try:
            json.loads("{")
        except ValueError as error:
            return error
        raise AssertionError

    note = arrived(raised_in_a_library()).__notes__[0]

    assert 'File "json/__init__.py"' in note
    assert os.path.dirname(os.__file__) not in note
    here, there = ValueError(object()), ValueError(object())
    assert str(here) != str(there)
    assert encode_error(here, WHERE) == encode_error(there, WHERE)


def test_each_hop_adds_where_it_was_raised() -> None:
    first = arrived(raised(ValueError("a")))
    second = decode_error(encode_error(raised(first), "worker"), RECEIVER)

    (note,) = second.__notes__

    assert [line for line in note.splitlines() if line.startswith("remote")] == [
        "remote traceback of worker (most recent call last):",
        f"remote traceback of {WHERE} (most recent call last):",
    ]


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(PLAIN, max_size=3), st.dictionaries(st.text("abc", min_size=1), PLAIN, max_size=3))
def test_any_arguments_and_attributes_arrive(args: list[object], state: dict[str, object]) -> None:
    error = ValueError(*args)
    vars(error).update(state)

    found = arrived(error)

    assert same(list(found.args), args)
    assert same({name: getattr(found, name) for name in state}, state)
