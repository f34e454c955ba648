"""The codec of values: an equal value of the same types arrives.

F-RPC-07, F-RPC-11, R-RPC-06.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
import uuid
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detrun.errors import NotSendable
from detrun.runtime.members import RpcTarget
from detrun.runtime.values import decode, decode_arguments, encode, encode_arguments
from tests.runtime.anything import PLAIN, RECEIVER, WHAT, Doors, Handle, Reference, same
from tests.runtime.shapes import Colour, Level, Order, Point, Price, Right, Visit, Word


def travelled(value: object) -> object:
    return decode(encode(value, None, WHAT), RECEIVER)


BERLIN = ZoneInfo("Europe/Berlin")
VALUES: list[object] = [
    *(None, True, False, 0, -1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**5000, -(10**5000)),
    *(0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1j, complex(-0.0, math.inf)),
    *("", "a\0ü\U0001f600", b"", b"\xff", bytearray(b"a"), memoryview(b"ab")[::1]),
    *([], [[]], (), ((),), [1, (2, [3])], {}, {"a": 1}, {"a": {"b": [()]}}),
    *({1: 2}, {None: 1, True: 2, 1.5: 3, b"a": 4}, {(1, 2): 3}, {2**70: 1}, {frozenset({1}): Colour.RED}),
    *({"b": 1, "a": 2}, {(2,): 1, "z": 2, (1,): 3}, {-1: 2**70}, [2**70, "a"], {"a": (2**70, {2**70: None})}),
    *(set(), {1, "a", None, (2, 3)}, frozenset(), frozenset({frozenset({2**65})}), range(0), range(3, -(2**80), -2)),
    *(Decimal("-0"), Decimal("1.10"), Decimal("NaN"), Decimal("sNaN12"), Decimal("-Infinity"), Decimal("1e9999")),
    *(Fraction(1, 3), Fraction(-(2**99), 7), uuid.UUID(int=7)),
    *(dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.time(1, 2, 3, 4), dt.time(1, fold=1, tzinfo=dt.UTC)),
    *(dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=BERLIN), dt.datetime(1, 1, 1), dt.datetime.max),
    dt.datetime(2020, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-3, microseconds=1), "X")),
    *(dt.timedelta.min, dt.timedelta.max, dt.UTC, dt.timezone(dt.timedelta(seconds=1)), BERLIN),
    *(Colour.RED, Colour.CRIMSON, Colour.BLUE, Level.LOW, Word.HELLO, Right.READ, Right.READ | Right.WRITE, Right(0)),
    *(
        Point(1, [Point((), "y")]),
        Order([Order([]), Price(3)]),
        Price(2**70, "€"),
        Visit(page="/"),
        Visit(page="/", referrer=None),
    ),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_arrives_as_it_was(value: object) -> None:
    assert same(travelled(value), value)


@settings(deadline=None, derandomize=True)
@given(PLAIN)
def test_any_value_arrives_as_it_was(value: object) -> None:
    data = encode(value, None, WHAT)

    assert same(decode(data, RECEIVER), value)
    assert encode(decode(data, RECEIVER), None, WHAT) == data


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(PLAIN, max_size=3), st.dictionaries(st.text("ab"), PLAIN, max_size=3))
def test_any_arguments_arrive_as_they_were(args: list[object], kwargs: dict[str, object]) -> None:
    arrived = decode_arguments(encode_arguments(tuple(args), kwargs, None, "API.total"), RECEIVER)

    assert same(list(arrived), [tuple(args), kwargs])


def test_a_copy_arrives() -> None:
    shared = [1]

    left, right = travelled([shared, shared])  # type: ignore[misc]

    assert left is not right  # type: ignore[has-type]
    assert left is not shared  # type: ignore[has-type]


def test_a_set_is_the_same_bytes_in_any_order() -> None:
    assert encode({8, 0, 16}, None, WHAT) == encode({16, 8, 0}, None, WHAT)
    assert list({8, 0}) != list({0, 8}), "sets that have an order of their own, or this test shows nothing"


@pytest.mark.parametrize("value", ["a" * 99, ["a" * 98], {"a": b"a" * 96}])
def test_a_message_has_a_largest_size(value: object) -> None:
    encode(value, None, WHAT, limit=101)
    encode_arguments((value,), {}, None, WHAT, limit=104)

    with pytest.raises(NotSendable, match=r"a message of 101 bytes cannot travel, at most 100 can"):
        encode(value, None, WHAT, limit=100)
    with pytest.raises(NotSendable, match=r"a message of 104 bytes cannot travel, at most 103 can"):
        encode_arguments((value,), {}, None, WHAT, limit=103)


def test_lists_that_share_lists_are_refused_before_they_are_written_out() -> None:
    value: list[object] = [0] * 100
    for _ in range(50):
        value = [value] * 100

    with pytest.raises(NotSendable, match="so many items"):
        encode(value, None, WHAT, limit=100_000)


def test_what_is_no_plain_value_is_the_exporters() -> None:
    doors = Doors()

    data = encode({"a": [Handle(), "b"], "c": (lambda: 0, Reference(3))}, doors, WHAT)

    assert doors.places == [f"{WHAT}: ['a'][0]", f"{WHAT}: ['c'][0]", f"{WHAT}: ['c'][1]"]
    assert decode(data, RECEIVER) == {"a": [(7, 1), "b"], "c": ((7, 2), (7, 3))}


@dataclass
class Counter(RpcTarget):
    count: int = 0


def test_a_target_stays_where_it_is_even_if_it_is_a_dataclass() -> None:
    assert decode(encode([Counter()], Doors(), WHAT), RECEIVER) == [(7, 1)]


@pytest.mark.parametrize("beside", [2**70, {2**70: 1}, (2**70,)])
def test_nothing_is_exported_twice(beside: object) -> None:
    doors = Doors()

    assert decode(encode([Handle(), beside], doors, WHAT), RECEIVER) == [(7, 1), beside]
    assert len(doors.places) == 1


def test_what_the_exporter_does_not_take_is_refused() -> None:
    with pytest.raises(NotSendable, match="a lock cannot travel"):
        encode([threading.Lock()], Doors(), WHAT)
