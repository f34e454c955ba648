"""What a search has seen: behaviours, and how likely the next schedule is to show one that it has not."""

from __future__ import annotations

from collections import Counter


class Seen:
    """Behaviours, and how often each was seen."""

    def __init__(self) -> None:
        self._times: Counter[int] = Counter()
        self._once = 0
        self.total = 0

    @property
    def distinct(self) -> int:
        """How many different ones there were."""
        return len(self._times)

    @property
    def unseen(self) -> float:
        """The probability that the next one is new, after Good and Turing: the share of those that were seen once."""
        return self._once / self.total if self.total else 1.0

    def add(self, behaviour: int) -> bool:
        """Note one; whether it is new."""
        self.total += 1
        self._times[behaviour] += 1
        times = self._times[behaviour]
        self._once += (times == 1) - (times == 2)
        return times == 1
