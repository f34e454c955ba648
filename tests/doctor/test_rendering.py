"""Values as text: the same for the same values, whatever their addresses and hashes."""

from __future__ import annotations

import itertools
import re
from collections import OrderedDict, deque
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from detrun.doctor.rendering import LENGTH, attribute, rendered


class Colour(Enum):
    RED = 1


class Plain:
    pass


class Account:
    opened = 7

    def __init__(self, owner: str, *others: object) -> None:
        self.owner = owner
        self.others = list(others)

    def __repr__(self) -> str:
        raise AssertionError("no code of the program's own runs")


class Slotted:
    __slots__ = ("missing", "x")

    def __init__(self) -> None:
        self.x = 1


class Liar:
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise AssertionError("nobody asks")


@lru_cache
def double(number: int) -> int:
    return 2 * number


TEXTS = [
    (None, "None"),
    (True, "True"),
    (12, "12"),
    (-0.5, "-0.5"),
    ("a'b", '"a\'b"'),
    (b"x", "b'x'"),
    ([1, "a"], "[1, 'a']"),
    ((1,), "(1)"),
    ({"b": 1, "a": [2]}, "{'b': 1, 'a': [2]}"),
    (OrderedDict(a=1), "{'a': 1}"),
    (deque([1, 2]), "deque([1, 2])"),
    ({"b", "a", "c"}, "{'a', 'b', 'c'}"),
    (frozenset({3, 1}), "{1, 3}"),
    (Path("/a"), "PosixPath('/a')"),
    (itertools.count(4), "count(4)"),
    (ValueError("no", 1), "ValueError('no', 1)"),
    (Colour.RED, "Colour.RED"),
    (Plain(), "Plain()"),
    (Account("ann", 1, {"b", "a"}), "Account(owner='ann', others=[1, {'a', 'b'}])"),
    (Slotted(), "Slotted(x=1)"),
    (Account, "class Account"),
    (re, "module re"),
    (object(), "object"),
    (len, "builtin_function_or_method"),
]


@pytest.mark.parametrize(("value", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_a_value_is_told_without_its_address(value: object, text: str) -> None:
    assert rendered(value) == text


def test_a_liar_is_not_asked_who_it_is() -> None:
    assert rendered(Liar()) == "Liar()"


def test_a_cache_is_told_by_how_much_it_keeps() -> None:
    double.cache_clear()
    double(1)

    assert rendered(double) == "double with 1 results kept"


def test_what_is_long_is_cut_and_still_differs() -> None:
    one, other = rendered("a" * 1000 + "b"), rendered("a" * 1000 + "c")

    assert one != other
    assert len(one) < LENGTH + 30


def test_what_contains_itself_comes_to_an_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    account = Account("ann")
    account.others.append(account)

    assert rendered(loop) == "[[[[1 more]]]]"
    assert "Account" in rendered(account)


def test_what_cannot_be_told_yet_is_told_by_its_type() -> None:
    assert rendered(Path.__new__(type(Path()))) in {"PosixPath", "PosixPath('.')"}


def test_an_attribute_is_told_of_classes_and_modules_if_it_is_data() -> None:
    assert attribute(Account, "opened") == "7"
    assert attribute(Account, "__init__") is None
    assert attribute(Account, "none") is None
    assert attribute(Account("ann"), "owner") is None
    assert attribute(re, "A") is None
