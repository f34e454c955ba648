"""Probabilistic concurrency testing: chains have priorities, which change at a few random moments.

A bug that needs `depth` orderings is found with a probability of at least 1 / (n · k^(depth - 1)), for n chains and k
choices (Burckhardt et al., ASPLOS 2010).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.scheduler.strategies.drawing import Drawing, chain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.scheduler.choices import Event

# Of what has not been demoted; a demotion is below them all.
_PRIORITIES = 1 << 32


class PCT(Drawing):
    """Takes the event whose chain has the highest priority; at `depth` - 1 moments that chain falls below all."""

    _chain: Callable[[Any], int | str] = staticmethod(chain)

    def __init__(self, seed: int, *arguments: Any, depth: int = 3, **options: Any) -> None:
        super().__init__(seed, *arguments, **options)
        self._priorities: dict[int | str, int] = {}
        self._demoted = 0
        self._moments = {1 + self._below(max(self._profile.choices, 1)) for _ in range(depth - 1)}

    def _pick(self, events: Sequence[Event]) -> Event:
        best = max(events, key=self._priority)
        if self._asked in self._moments:
            self._demoted -= 1
            self._priorities[self._chain(best)] = self._demoted
            best = max(events, key=self._priority)
        return best

    def _priority(self, event: Event) -> int:
        row = self._chain(event)
        priority = self._priorities.get(row)
        if priority is None:
            priority = self._priorities[row] = self._below(_PRIORITIES)
        return priority
