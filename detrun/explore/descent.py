"""Who follows from whom, for whoever asks often: each question is a comparison, however long the causal chains are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.model import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from detrun.model import EventId

_NOBODY = (0, 0)


class Descent:
    """The events of a story as a forest, numbered so that what follows from one has the numbers after its own."""

    def __init__(self, causes: Mapping[EventId, EventId]) -> None:
        followers: dict[EventId, list[EventId]] = {}
        for event, cause in causes.items():
            # A thread that nobody had to choose is told to be its own cause.
            followers.setdefault(BEGINNING if cause == event else cause, []).append(event)
        self._spans: dict[EventId, tuple[int, int]] = {}
        roots = [cause for cause in followers if cause not in causes]
        number = 0
        # Each is met twice: before those that follow from it, and after.
        left = [(root, False) for root in roots]
        while left:
            event, is_over = left.pop()
            if is_over:
                self._spans[event] = self._spans[event][0], number
                continue
            number += 1
            self._spans[event] = number, number
            left.append((event, True))
            left += [(each, False) for each in followers.get(event, ())]

    def span(self, event: EventId) -> tuple[int, int]:
        """The number of an event, and the last of those that follow from it; 0 if it has neither cause nor effect."""
        return self._spans.get(event, _NOBODY)

    def follows(self, event: EventId, other: EventId) -> bool:
        """Whether an event was asked for in the wake of another, or of what followed from that."""
        first, last = self.span(other)
        return first < self.span(event)[0] <= last
