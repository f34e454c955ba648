"""A random walk that likes to go on with what it did last, and so holds others back for long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.scheduler.strategies.drawing import Drawing, chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.scheduler.choices import Event

# In so many of ten cases it goes on.
_LIKES = 8


class Sticky(Drawing):
    """Takes the next event of the same chain as before, most of the time."""

    def __init__(self, seed: int, *arguments: Any, **options: Any) -> None:
        super().__init__(seed, *arguments, **options)
        self._last: int | str | None = None

    def _pick(self, events: Sequence[Event]) -> Event:
        if self._below(10) < _LIKES:
            for event in events:
                if chain(event) == self._last:
                    return event
        event = self._any(events)
        self._last = chain(event)
        return event
