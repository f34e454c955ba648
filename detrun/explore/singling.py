"""Which single holds may do what many do: whatever overtook something, alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.explore.watching import MESSAGE, TIMER, TURN
from detrun.model import EventId, Hold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.explore.watching import Watching

# So many are worth a run each.
MOST = 400
# Of a long run, only what overtook something so near.
_REACH = 60


def single_holds(failed: Watching, boring: Watching) -> list[Hold]:
    """Holds for the order in which a run differs from the boring one, the likelier ones first."""
    found: dict[Hold, tuple[int, int]] = {}
    place = boring.positions()
    for hold in (*_inversions(failed, boring), *_deviations(boring)):
        apart = abs(place.get(hold.until, len(place)) - place.get(hold.event, 0))
        found.setdefault(hold, (boring.kinds.get(hold.event, MESSAGE), apart))
    return sorted(found, key=lambda hold: found[hold])[:MOST]


def _inversions(failed: Watching, boring: Watching) -> Iterator[Hold]:
    """What came first in the boring run, and later or not at all in the other."""
    place = failed.positions()
    events = [event for event in boring.order if boring.kinds[event] in {MESSAGE, TIMER}]
    for first, event in enumerate(events):
        for until in events[first + 1 : first + 1 + _REACH]:
            if until in place and place[until] < place.get(event, len(place)):
                yield Hold(event, until)
    known = boring.positions()
    for until in failed.order:
        if until not in known and failed.kinds[until] != TURN:
            # What the boring run never came to, before what it did come to.
            yield from (Hold(event, until) for event in _behind(events, place, place[until]))


def _behind(events: list[EventId], place: dict[EventId, int], until: int) -> list[EventId]:
    late = [event for event in events if place.get(event, len(place)) > until]
    return late[:4]


def _deviations(boring: Watching) -> Iterator[Hold]:
    """What could have come instead, wherever there was a choice."""
    for choice in boring.choices:
        yield from (Hold(choice.events[0], until) for until in choice.events[1:])
