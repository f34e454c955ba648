"""Whatever is received is a value of the receiver's own classes, or not receivable.

F-RPC-07.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.msgpack import Ext
from msgspec.msgpack import encode as msgpack

from detrun.errors import NotReceivable
from detrun.runtime.encoding import codes
from detrun.runtime.values import decode, decode_arguments, encode
from tests.runtime.anything import PLAIN, RECEIVER, WHAT
from tests.runtime.shapes import Colour, Level, Point, Price, Receiver, Right, Visit


class Elsewhere(Receiver):
    """A receiver whose classes are other ones, as another generation's are."""

    def __init__(self, **classes: object) -> None:
        self.classes = classes

    def find_class(self, module: str, qualname: str) -> type:
        return self.classes[qualname]  # type: ignore[return-value]


@dataclass
class Wider:
    amount: int
    currency: str
    tags: list[str] = None  # type: ignore[assignment]


@dataclass
class Stricter:
    amount: int
    currency: str
    country: str


@dataclass
class Narrower:
    amount: int


def test_an_instance_is_of_the_receivers_own_class() -> None:  # F-RPC-07
    assert decode(encode(Price(3), None, WHAT), Elsewhere(Price=Wider)) == Wider(3, "EUR")


@pytest.mark.parametrize(
    ("value", "classes", "reason"),
    [
        (Price(3), {}, "the receiver has no class tests.runtime.shapes.Price"),
        (Price(3), {"Price": 5}, "tests.runtime.shapes.Price is no class"),
        (Price(3), {"Price": Point}, "Point is another kind of class than the sender's"),
        (Price(3), {"Price": Stricter}, "Stricter has a field 'country' without a default"),
        (Price(3), {"Price": Narrower}, "Narrower has no field 'currency'"),
        (Point(1), {"Point": Wider}, "Wider is another kind"),
        (Visit(page=""), {"Visit": type("Bare", (Visit,), {})}, None),
        (Colour.RED, {"Colour": Level}, "Level has no member 'RED'"),
        (Colour.RED, {"Colour": Price}, "expected an enumeration, got the class Price"),
        (Right(3), {"Right": Colour}, "expected flags, got the enumeration Colour"),
    ],
)
def test_a_class_that_is_not_there_or_another_is_an_error(
    value: object, classes: dict[str, object], reason: str | None
) -> None:
    data = encode(value, None, WHAT)

    if reason is None:
        decode(data, Elsewhere(**classes))
        return
    with pytest.raises(NotReceivable) as wrong:
        decode(data, Elsewhere(**classes))
    assert reason in str(wrong.value)


HOSTILE = [
    b"",
    b"\xc1",
    b"\xa1\xff",
    b"\x01\x01",
    b"\x91" * 100_000,
    b"\xdd\xff\xff\xff\xff",
    *(
        msgpack(Ext(code, content))
        for code in range(-128, 64)
        for content in (b"", b"\xff", b"\x90", b"\x93\xc0\xc0\xc0")
    ),
    msgpack(Ext(codes.PAIRS, msgpack([1]))),
    msgpack(Ext(codes.PAIRS, msgpack([[], 1]))),
    msgpack(Ext(codes.SET, msgpack([{}]))),
    msgpack(Ext(codes.RANGE, msgpack([1, 2, 0]))),
    msgpack(Ext(codes.FRACTION, msgpack([1, 0]))),
    msgpack(Ext(codes.FRACTION, msgpack([Ext(codes.INTEGER, b"\x7f" * 2**20), 3]))),
    msgpack(Ext(codes.DECIMAL, b"many")),
    msgpack(Ext(codes.ZONE, b"../../etc/passwd")),
    msgpack(Ext(codes.ZONE, b"\0")),
    msgpack(Ext(codes.DATETIME, msgpack([10**9] * 7 + [0, None]))),
    msgpack(Ext(codes.DATACLASS, msgpack(["os", "system", {}]))),
    msgpack(Ext(codes.STRUCT, msgpack(["builtins", "dict", {}]))),
    msgpack(Ext(codes.STRUCT, msgpack(["tests.runtime.shapes", "Visit", {"page": "/", "extra": 1}]))),
    msgpack(Ext(codes.NAMED_TUPLE, msgpack(["tests.runtime.shapes", "Point", {}]))),
]


def nested_extension(depth: int) -> bytes:
    data = msgpack([])
    for _ in range(depth):
        data = msgpack(Ext(codes.TUPLE, b"\x91" + data))
    return data


def test_hostile_bytes_are_not_receivable() -> None:
    for data in [*HOSTILE, nested_extension(5_000)]:
        try:
            decode(data, RECEIVER)
        except NotReceivable:
            continue
        # A few are values, such as an empty bytearray: then they have bytes of their own.
        assert data in (
            b"",
            *(
                msgpack(Ext(code, content))
                for code in range(-1, 64)
                for content in (b"", b"\xff", b"\x90", b"\x93\xc0\xc0\xc0")
            ),
        )


@settings(deadline=None, derandomize=True, max_examples=500)
@given(st.binary() | st.tuples(st.integers(-128, 127), st.binary()).map(lambda ext: msgpack(Ext(*ext))))
def test_any_bytes_are_a_value_or_not_receivable(data: bytes) -> None:
    try:
        decode(data, RECEIVER)
    except NotReceivable as error:
        assert error.hint  # noqa: PT017


@settings(deadline=None, derandomize=True)
@given(PLAIN, st.data())
def test_changed_bytes_are_a_value_or_not_receivable(value: object, data: st.DataObject) -> None:
    changed = bytearray(encode(value, None, WHAT))
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    for given_bytes in (bytes(changed), bytes(changed[: len(changed) // 2])):
        try:
            decode(given_bytes, RECEIVER)
        except NotReceivable as error:
            assert error.hint  # noqa: PT017


@pytest.mark.parametrize("data", [msgpack(1), msgpack([1]), msgpack([[], []]), msgpack([[], {1: 2}]), b"\xc1"])
def test_what_are_no_arguments_is_not_receivable(data: bytes) -> None:
    with pytest.raises(NotReceivable):
        decode_arguments(data, RECEIVER)
