"""What cannot travel is refused before anything is sent: what, where, why, and what to send instead.

F-RPC-06, R-RPC-20.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from detrun.errors import NotSendable
from detrun.runtime.values import encode, encode_arguments
from tests.runtime.anything import WHAT, Handle
from tests.runtime.shapes import Order, Point, Price


def cycle() -> list[object]:
    inner: dict[str, object] = {}
    inner["up"] = outer = [0, inner]
    return outer


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


def shared(depth: int) -> list[object]:
    """Lists that share lists, with a lock at the bottom."""
    value: list[object] = [threading.Lock()]
    for _ in range(depth):
        value = [value, value]
    return value


def local() -> object:
    @dataclass
    class Local:
        a: int

    return Local(1)


def unfinished() -> Price:
    return object.__new__(Price)


class Strange(dt.tzinfo):
    def utcoffset(self, _: dt.datetime | None) -> None: ...
    def tzname(self, _: dt.datetime | None) -> None: ...
    def dst(self, _: dt.datetime | None) -> None: ...


class Hostile:
    def __getattribute__(self, name: str) -> object:
        raise ValueError(name)

    def __repr__(self) -> str:
        raise ValueError("no")


REFUSED: list[tuple[Callable[[], object], str, str]] = [
    (lambda: {"items": [0, 1, 2, Point(threading.Lock(), 0)]}, "['items'][3].x", "a lock cannot travel"),
    (asyncio.Lock, "", "a lock cannot travel"),
    (lambda: [0, (1, {2: {3: object()}})], "[1][1][2][3]", "an instance of object cannot travel"),
    (lambda: {(1, 2): lambda: 0}, "[<tuple>]", "a function cannot travel"),
    (lambda: {Handle(): 1}, "(key <Handle>)", "an instance of tests.runtime.anything.Handle cannot travel"),
    (lambda: {Hostile(): Hostile()}, "(key <Hostile>)", "an instance of tests.runtime.test_values_refused.Hostile"),
    (lambda: {"a": {object}}, "['a']{<type>}", "a class cannot travel"),
    (lambda: Order([iter([])]), ".items[0]", "an iterator cannot travel"),
    (lambda: [dt.datetime(1, 1, 1, tzinfo=Strange())], "[0]", "a time zone of class Strange cannot travel"),
    (lambda: OrderedDict(a=1), "", "collections.OrderedDict is not a plain dict"),
    (lambda: [deque()], "[0]", "collections.deque is not a plain list"),
    (lambda: [memoryview(b"abcd").cast("I")], "[0]", "a memoryview of anything but bytes cannot travel"),
    (lambda: [local()], "[0]", "the class tests.runtime.test_values_refused.local.<locals>.Local is within a function"),
    (lambda: [unfinished()], "[0]", "its field 'amount' cannot be read: AttributeError"),
    (lambda: [Fraction(1, 3 << 40_000)], "[0]", "a fraction of such large terms cannot travel"),
    (cycle, "[1]['up']", "what contains itself cannot travel"),
    (lambda: shared(60), "[0]" * 61, "a lock cannot travel"),
    (lambda: nested(200), "[0]" * 101, "what is nested more than 100 deep cannot travel"),
    (lambda: "a\ud800", "", "a string with a lone surrogate ('\\ud800' at 1) cannot travel"),
    (lambda: [1, {"a": ["\ud800"]}], "[1]['a'][0]", "a string with a lone surrogate"),
    (lambda: {"\ud800": 2**70}, "(key '\\ud800')", "a string with a lone surrogate"),
    (lambda: {(1,): "\ud800"}, "[<tuple>]", "a string with a lone surrogate"),
    (lambda: [({"\ud800"},)], "[0][0]{'\\ud800'}", "a string with a lone surrogate"),
    (lambda: [Price(1, "\ud800")], "[0].currency", "a string with a lone surrogate"),
]


@pytest.mark.parametrize(("make", "path", "reason"), REFUSED, ids=[reason for _, _, reason in REFUSED])
def test_what_cannot_travel_is_refused_where_it_stands(make: Callable[[], object], path: str, reason: str) -> None:
    with pytest.raises(NotSendable) as refused:
        encode(make(), None, WHAT)

    assert (refused.value.what, refused.value.path) == (WHAT, path)
    assert refused.value.reason.startswith(reason)


def test_a_refusal_says_what_where_why_and_what_to_do() -> None:
    with pytest.raises(TypeError) as refused:
        encode_arguments(({"items": [threading.Lock()]},), {}, None, "API.total")

    assert str(refused.value) == (
        "argument 1 of API.total: ['items'][0]: a lock cannot travel between contexts\nsend what it protects"
    )


@pytest.mark.parametrize(
    ("args", "kwargs", "place"),
    [
        ((1, [object()]), {}, "argument 2 of API.total: [0]: "),
        ((), {"limit": object()}, "argument 'limit' of API.total: an instance"),
        ((1, "\ud800"), {}, "argument 2 of API.total: a string with"),
        ((), {"limit": "\ud800"}, "argument 'limit' of API.total: a string with"),
        ((), {"a": [b"", "\ud800"]}, "argument 'a' of API.total: [1]: a string with"),
    ],
)
def test_the_argument_that_cannot_travel_is_named(args: tuple[Any, ...], kwargs: dict[str, Any], place: str) -> None:
    with pytest.raises(NotSendable) as refused:
        encode_arguments(args, kwargs, None, "API.total")

    assert str(refused.value).startswith(place)
