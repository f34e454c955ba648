"""Making a list shorter while something stays true of it. It knows nothing of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")


def reduced(items: Sequence[Item], holds_for: Callable[[tuple[Item, ...]], Sequence[Item] | None]) -> tuple[Item, ...]:
    """A part of the items, in their order, that loses what is wanted with any one of them.

    `holds_for` is given a part, and answers with what of it is enough (the part itself, or less), or with nothing if
    the part is not. It is not asked about the whole, of which it is true.

    This is ddmin in its plain form: first halves, then quarters, at last single items; what was found to be
    superfluous never comes back, so that the answer is a fixpoint. Starting from the end keeps what came first.
    """
    left = tuple(items)
    size = len(left)
    while left and size:
        left, shorter = _without_chunks(left, size, holds_for)
        # Another item may have become superfluous by what went: single items are tried until none goes.
        size = min(size // 2 if size > 1 or not shorter else 1, len(left))
    return left


def _without_chunks(
    left: tuple[Item, ...], size: int, holds_for: Callable[[tuple[Item, ...]], Sequence[Item] | None]
) -> tuple[tuple[Item, ...], bool]:
    """The items without whatever chunks of this size can go; and whether any could."""
    before, end = len(left), len(left)
    while end > 0:
        begin = max(end - size, 0)
        part = left[:begin] + left[end:]
        enough = holds_for(part)
        if enough is None:
            end = begin
        else:
            left = tuple(enough)
            end = min(begin, len(left))
    return left, len(left) < before
