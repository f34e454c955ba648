"""Sets that keep the order of insertion, whatever is done to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detrun.scheduler.ordering import OrderedSet, OrderedWeakSet


class Thing:
    pass


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda ordered: ordered.add(1), [3, 1, 2]),
        (lambda ordered: ordered.discard(1), [3, 2]),
        (lambda ordered: (ordered.discard(3), ordered.add(3)), [1, 2, 3]),
        (lambda ordered: ordered.update([5, 4]), [3, 1, 2, 5, 4]),
        (lambda ordered: ordered.difference_update([1]), [3, 2]),
        (lambda ordered: ordered.intersection_update([2, 3]), [3, 2]),
        (lambda ordered: ordered.symmetric_difference_update([1, 9]), [3, 2, 9]),
        (lambda ordered: ordered.pop(), [1, 2]),
        (lambda ordered: ordered.clear(), []),
    ],
)
def test_a_change_keeps_the_order(change: Callable[[Any], object], expected: list[int]) -> None:
    ordered = OrderedSet([3, 1, 2])
    change(ordered)

    assert list(ordered) == expected
    assert ordered == set(expected)
    assert len(ordered) == len(expected)


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        (lambda one, other: one | other, [3, 1, 2, 9]),
        (lambda one, other: one & other, [3, 1]),
        (lambda one, other: one - other, [2]),
        (lambda one, other: one ^ other, [2, 9]),
        (lambda one, other: one.symmetric_difference(other), [2, 9]),
    ],
)
def test_an_operator_keeps_the_order(combine: Callable[[Any, Any], Any], expected: list[int]) -> None:
    assert list(combine(OrderedSet([3, 1, 2]), OrderedSet([1, 3, 9]))) == expected


def test_a_weak_set_is_walked_once_in_order_and_forgets() -> None:
    one, two, three = Thing(), Thing(), Thing()
    ordered = OrderedWeakSet([three, one, two])
    ordered.discard(three)
    ordered.add(three)
    assert list(ordered) == [one, two, three]

    del two
    assert list(ordered) == [one, three]
    assert len(ordered) == 2
