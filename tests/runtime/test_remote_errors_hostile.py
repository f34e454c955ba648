"""Nothing that an exception or its bytes do gets out of the codec.

F-RPC-08, R-RPC-13.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detrun.errors import NotReceivable, RemoteError
from detrun.runtime.remote_errors import decode_error, encode_error
from detrun.runtime.values import encode
from tests.runtime.anything import RECEIVER, WHAT
from tests.runtime.mishaps import WHERE, Nowhere, raised


class Hostile(Exception):
    """Raises from every method that anybody might call."""

    def __getattribute__(self, name: str) -> Any:
        raise KeyboardInterrupt(name)

    def __setattr__(self, name: str, value: object) -> None:
        raise SystemExit(name)

    def __str__(self) -> str:
        raise GeneratorExit

    __repr__ = __str__

    def __reduce__(self) -> Any:
        raise asyncio.CancelledError

    def __eq__(self, other: object) -> bool:
        raise MemoryError

    def __hash__(self) -> int:
        raise MemoryError

    def __bool__(self) -> bool:
        raise RecursionError


class Unprintable:
    def __getattr__(self, name: str) -> object:
        raise SystemExit(name)

    def __repr__(self) -> str:
        raise SystemExit


def hostile_notes() -> BaseException:
    error = ValueError("a")
    vars(error)["__notes__"] = [1, "b", Unprintable(), "\ud800"]
    return error


def hostile_state() -> BaseException:
    error = ValueError("a")
    error.__dict__ |= {1: 2, "\ud800": 3, "a" * 100_000: Unprintable(), "b": Unprintable(), "__class__": int}  # type: ignore[dict-item]
    return error


def hostile_module() -> BaseException:
    kind = type("Odd", (Exception,), {"__module__": 3})
    return kind("a")  # type: ignore[no-any-return]


HOSTILE: list[Callable[[], BaseException]] = [
    Hostile,
    lambda: Hostile(Unprintable(), [Hostile()], {Hostile: 1}),
    lambda: ValueError(Hostile()),
    lambda: raised(ValueError("a"), Hostile()),
    lambda: ExceptionGroup("a", [Hostile()]),
    hostile_notes,
    hostile_state,
    hostile_module,
    lambda: ValueError("\ud800"),
    lambda: type("Properties", (Exception,), {"__dict__": property(lambda _: 1 / 0)})("a"),
]


@pytest.mark.parametrize("make", HOSTILE)
def test_nothing_that_an_exception_does_gets_out(make: Callable[[], BaseException]) -> None:  # R-RPC-13
    found = decode_error(encode_error(make(), WHERE), RECEIVER)

    assert issubclass(type(found), Exception)
    encode_error(found, WHERE)
    encode([make()], None, WHAT)


def test_a_hostile_exception_says_what_it_can() -> None:
    found = decode_error(encode_error(Hostile("a", 1), WHERE), Nowhere())

    assert str(found) == f"{__name__}.Hostile: <an error that cannot be printed>"
    assert isinstance(found, RemoteError)
    assert found.arguments == ("a", 1)


@settings(deadline=None, derandomize=True)
@given(st.binary(), st.integers(0), st.integers(0, 255))
def test_any_bytes_are_an_error_or_not_receivable(data: bytes, place: int, value: int) -> None:
    changed = bytearray(encode_error(raised(ExceptionGroup("a", [ValueError(1)]), KeyError(data)), WHERE))
    changed[place % len(changed)] = value
    for hostile in (data, bytes(changed), bytes(changed[: place % len(changed)])):
        try:
            assert isinstance(decode_error(hostile, RECEIVER), Exception)
        except NotReceivable as error:
            assert error.hint  # noqa: PT017
