"""Roots: what one event from outside may spend, wherever the calls go that it leads to."""

from __future__ import annotations

from detrun.errors import BudgetSpent

SUBREQUESTS = 1_000
DEPTH = 32


class Root:
    """One event from outside, and how many calls are left to all that follows from it."""

    def __init__(self, number: int, limit: int = SUBREQUESTS) -> None:
        self.number = number
        # How many scopes it has led to that go on.
        self.users = 0
        self._limit = self._left = limit

    def spend(self, what: str, depth: int) -> None:
        """Take one call from what is left; raise if there is none, or if calls are nested too deeply."""
        if depth >= DEPTH:
            raise BudgetSpent(f"calls nested {DEPTH} deep", what, "call back by a function you were given instead")
        if not self._left:
            raise BudgetSpent(f"{self._limit:,} calls", what, "raise `limits.subrequests`, or call less often")
        self._left -= 1


class Outside(Root):
    """Who is no event itself: whatever is asked from there is the root of its own."""

    def __init__(self) -> None:
        super().__init__(0)

    def spend(self, what: str, depth: int) -> None:
        """Outside there is no limit."""


class Roots:
    """The roots of one application that still have scopes."""

    def __init__(self, limit: int = SUBREQUESTS) -> None:
        self._limit = limit
        self._last = 0
        self._roots: dict[int, Root] = {}

    def __len__(self) -> int:
        return len(self._roots)

    def enter(self, number: int) -> Root:
        """The root of this number, for one more scope; a new one for 0."""
        if not number:
            self._last = number = self._last + 1
        root = self._roots.get(number)
        if root is None:
            root = self._roots[number] = Root(number, self._limit)
        root.users += 1
        return root

    def leave(self, root: Root) -> None:
        """One of its scopes has ended."""
        root.users -= 1
        if not root.users:
            del self._roots[root.number]
