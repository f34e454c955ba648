"""Roots: what one event from outside may spend, wherever the calls go that it leads to."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from detrun.errors import BudgetSpent

if TYPE_CHECKING:
    from detrun.runtime.configured import Limits

DEPTH = 32


class Root:
    """One event from outside, how many calls are left to all that follows from it, and what else bounds that.

    The limits are those of the worker that the event came to, wherever it leads. Whoever sends a call takes it from
    what is `left`: without end it is for who is no event itself, and whatever is asked from there is a root of its own.
    """

    __slots__ = ("left", "limits", "number", "users")

    def __init__(self, number: int, limits: Limits, left: float | None = None) -> None:
        self.number = number
        self.limits = limits
        # How many scopes it has led to that go on.
        self.users = 0
        self.left = limits.subrequests if left is None else left

    def spent(self, what: str, depth: int) -> BudgetSpent:
        """Why there can be no call: none is left, or they are nested too deeply."""
        if depth >= DEPTH:
            return BudgetSpent(f"calls nested {DEPTH} deep", what, "call back by a function you were given instead")
        limit = f"{self.limits.subrequests:,} calls"
        return BudgetSpent(limit, what, "raise `limits.subrequests`, or call less often")

    def refund(self) -> None:
        """A call did not find whom it was for, and is not counted."""
        self.left += 1


class Outside(Root):
    """Who is no event itself: whatever is asked from there is the root of its own, and there is no limit."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(0, limits, inf)


class Roots(dict[int, Root]):
    """The roots of one application that still have scopes, by their numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._last = 0

    def begin(self, number: int, limits: Limits) -> Root:
        """A root of this number, which has none yet; for 0 one of a new number."""
        if not number:
            self._last = number = self._last + 1
        root = self[number] = Root(number, limits)
        return root
