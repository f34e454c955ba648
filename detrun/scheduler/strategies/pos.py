"""Partial order sampling: every event draws a priority, and those that race with what happened draw again.

After Yuan et al., CAV 2018. It knows of no length and no depth, and has nothing to set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.scheduler.choices import Continue
from detrun.scheduler.contexts import Unit
from detrun.scheduler.strategies.drawing import Drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.model import EventId
    from detrun.scheduler.choices import Event

_PRIORITIES = 1 << 32


class POS(Drawing):
    """Takes the event with the highest priority.

    Two events race if they are for the same unit. Within a program, connections and timers keep their priorities, as if
    each were a target of its own: that they share a heap makes everything race with everything, which tells nothing.
    """

    def __init__(self, seed: int, *arguments: Any, **options: Any) -> None:
        super().__init__(seed, *arguments, **options)
        self._priorities: dict[EventId, int] = {}

    def _pick(self, events: Sequence[Event]) -> Event:
        best = max(events, key=self._priority)
        self._priorities.pop(best.id, None)
        home = None if isinstance(best, Continue) else getattr(best, "home", None)
        if isinstance(home, Unit):
            for event in events:
                if getattr(event, "home", None) is home:
                    self._priorities.pop(event.id, None)
        return best

    def _priority(self, event: Event) -> int:
        known = event.id
        priority = self._priorities.get(known)
        if priority is None:
            priority = self._priorities[known] = self._below(_PRIORITIES)
        return priority
