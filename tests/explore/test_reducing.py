"""Reducing a list: what is left is needed, every part of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from detrun.explore.reducing import reduced

PLAIN = settings(derandomize=True, deadline=None, database=None)
ITEMS = st.lists(st.integers(0, 40), unique=True, max_size=40)


@PLAIN
@given(ITEMS, st.sets(st.integers(0, 40), max_size=6))
def test_what_is_needed_is_what_is_left(items: list[int], needed: set[int]) -> None:
    needed &= set(items)

    left = reduced(items, lambda part: part if needed <= set(part) else None)

    assert left == tuple(item for item in items if item in needed)


@PLAIN
@given(ITEMS, st.sampled_from([2, 3, 5]), st.integers(0, 60))
def test_without_any_one_of_what_is_left_it_is_not_true_any_more(items: list[int], factor: int, least: int) -> None:
    def enough(part: tuple[int, ...]) -> tuple[int, ...] | None:
        return part if sum(item for item in part if item % factor) >= least else None

    if enough(tuple(items)) is None:
        return
    left = reduced(items, enough)

    assert enough(left) is not None
    assert all(enough(left[:place] + left[place + 1 :]) is None for place in range(len(left)))
    assert reduced(left, enough) == left


def test_an_answer_may_leave_out_more_than_was_asked() -> None:
    asked = []

    def enough(part: tuple[int, ...]) -> tuple[int, ...] | None:
        asked.append(part)
        return (7,) if 7 in part else None

    assert reduced(range(100), enough) == (7,)
    assert len(asked) < 6
