"""Roots: what one event from outside may spend, wherever the calls go that it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.errors import BudgetSpent

if TYPE_CHECKING:
    from detrun.runtime.configured import Limits

DEPTH = 32


class Root:
    """One event from outside, how many calls are left to all that follows from it, and what else bounds that.

    The limits are those of the worker that the event came to, wherever it leads.
    """

    def __init__(self, number: int, limits: Limits) -> None:
        self.number = number
        self.limits = limits
        # How many scopes it has led to that go on.
        self.users = 0
        self._left = limits.subrequests

    def spend(self, what: str, depth: int) -> None:
        """Take one call from what is left; raise if there is none, or if calls are nested too deeply."""
        if depth >= DEPTH:
            raise BudgetSpent(f"calls nested {DEPTH} deep", what, "call back by a function you were given instead")
        if not self._left:
            limit = f"{self.limits.subrequests:,} calls"
            raise BudgetSpent(limit, what, "raise `limits.subrequests`, or call less often")
        self._left -= 1

    def refund(self) -> None:
        """A call did not find whom it was for, and is not counted."""
        self._left += 1


class Outside(Root):
    """Who is no event itself: whatever is asked from there is the root of its own."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(0, limits)

    def spend(self, what: str, depth: int) -> None:
        """Outside there is no limit."""


class Roots:
    """The roots of one application that still have scopes."""

    def __init__(self) -> None:
        self._last = 0
        self._roots: dict[int, Root] = {}

    def __len__(self) -> int:
        return len(self._roots)

    def get(self, number: int) -> Root | None:
        """The root of this number, if anything of it goes on."""
        return self._roots.get(number)

    def enter(self, number: int, limits: Limits) -> Root:
        """The root of this number, for one more scope; for 0 a new one with these limits."""
        if not number:
            self._last = number = self._last + 1
        root = self._roots.get(number)
        if root is None:
            root = self._roots[number] = Root(number, limits)
        root.users += 1
        return root

    def leave(self, root: Root) -> None:
        """One of its scopes has ended."""
        root.users -= 1
        if not root.users:
            del self._roots[root.number]
