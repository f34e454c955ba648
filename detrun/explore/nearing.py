"""Bringing the two events of a hold together: as little as possible is late, and for as short a time as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from detrun.explore.watching import MESSAGE, TURN
from detrun.model import EventId, Hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detrun.explore.watching import Watching

Item = TypeVar("Item")

# What no run has: who waits for it does not come.
NEVER = EventId((0, 1))
# So many places in between are looked at.
_MOST = 48


def turned(hold: Hold, without: Watching) -> Iterator[Hold]:
    """Messages that may be late in the place of a turn that lasts, or of a thread: a more ordinary cause.

    `without` is the run without the hold.
    """
    if without.kinds.get(hold.event, MESSAGE) != MESSAGE:
        between = _between(hold, without)
        yield from (Hold(event, hold.until) for event in thinned(between[::-1]) if without.kinds[event] == MESSAGE)


def sooner(hold: Hold, failed: Watching) -> Iterator[Hold]:
    """Holds of the same event until something that comes before, the earliest first.

    `failed` is the run with the hold: what it was waited for, and could be waited for instead, happens there.
    """
    begin = next((choice.chosen for choice in failed.choices if hold.event in choice.events), None)
    place = failed.positions()
    if begin in place:
        between = failed.order[place[begin] : place.get(hold.until, len(failed.order))]
        yield from (Hold(hold.event, until) for until in thinned(between) if failed.kinds[until] != TURN)
    if hold.until not in place and hold.until != NEVER:
        # It waited for something that does not happen then.
        yield Hold(hold.event, NEVER)


def later(hold: Hold, without: Watching) -> Iterator[Hold]:
    """Holds of events that come later, until the same, the latest first."""
    same = without.kinds.get(hold.event, MESSAGE)
    between = _between(hold, without)
    yield from (Hold(event, hold.until) for event in thinned(between[::-1]) if without.kinds[event] == same)


def earlier(hold: Hold, without: Watching) -> list[EventId]:
    """What came before the event that waits, the nearest first."""
    place = without.positions().get(hold.event)
    before = without.order[:place] if place is not None else []
    return [event for event in before[::-1] if without.kinds[event] != TURN]


def thinned(items: Sequence[Item]) -> list[Item]:
    """All of them, or so many from the first to the last."""
    if len(items) <= _MOST:
        return list(items)
    return [items[index * (len(items) - 1) // (_MOST - 1)] for index in range(_MOST)]


def _between(hold: Hold, without: Watching) -> list[EventId]:
    """What happens after the one and before the other when nothing is held."""
    place = without.positions()
    if hold.event not in place:
        return []
    return without.order[place[hold.event] + 1 : place.get(hold.until, len(without.order))]
