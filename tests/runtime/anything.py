"""Any value, and what tells whether two are the same; whoever exports and receives in tests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from detrun.runtime.members import RpcTarget
from tests.runtime.shapes import Colour, Level, Order, Point, Price, Receiver, Right, Word

WHAT = "the result of API.total"
RECEIVER = Receiver()


class Handle:
    __detrun_by_reference__ = True


@dataclass
class Reference(Handle):
    number: int


class Doors:
    """Exports handles and functions, and remembers where they stood."""

    def __init__(self) -> None:
        self.places: list[str] = []

    def export(self, value: object, path: str) -> tuple[int, object] | None:
        self.places.append(path)
        return (7, len(self.places)) if isinstance(value, Handle | RpcTarget) or callable(value) else None


def told(value: Any) -> object:
    """Types and contents, all the way down, with the order of dicts, the sign of zeros, and names of zones."""
    match value:
        case dict():
            return [(told(key), told(item)) for key, item in value.items()]
        case list() | tuple():
            return type(value), [told(item) for item in value]
        case set() | frozenset() | int():
            return type(value), value
        case Order():
            return Order, told(vars(value))
        case _:
            return type(value), value.tobytes() if isinstance(value, memoryview) else repr(value)


def same(left: object, right: object) -> bool:
    return told(left) == told(right)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
    | st.complex_numbers()
    | st.decimals()
    | st.uuids()
    | st.datetimes(timezones=st.none() | st.timezones() | st.just(dt.UTC))
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.fractions()
    | st.sampled_from([*Colour, *Right, Level.LOW, Word.HELLO, range(3)]),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(), inner)
        | st.dictionaries(st.tuples(st.integers(), st.text("ab")) | st.sampled_from(Colour), inner)
        | st.sets(st.integers() | st.text("ab") | st.tuples(st.booleans()))
        | st.frozensets(st.binary())
        | st.builds(Point, inner, inner)
        | st.builds(Price, st.integers(), st.text("€$"))
        | st.builds(Order, st.lists(inner, max_size=3))
    ),
    max_leaves=20,
)
