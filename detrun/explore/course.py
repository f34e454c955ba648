"""The course of a run that failed: which task had its turn when, around the orders that make the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.explore.explanation import Turn
from detrun.scheduler.clock import SECOND, START

if TYPE_CHECKING:
    from collections.abc import Collection

    from detrun.explore.looking import Look
    from detrun.explore.seeing import Wake
    from detrun.model import EventId

# So many turns are told before the first that makes a difference, after the last one, and in all.
_BEFORE, _AFTER, _MOST = 4, 6, 20


def course(here: Look, events: Collection[EventId]) -> tuple[Turn, ...]:
    """The turns of the program's own tasks around those that these events cause; the last ones, if they cause none."""
    woken = [(wake, sight.id) for sight in here.sights for wake in sight.wakes if wake.places]
    woken.sort(key=lambda each: each[0].step)
    known = [event for _, event in woken]
    places = [known.index(event) for event in events if event in known] or [len(known)]
    begin = max(min(places) - _BEFORE, 0)
    end = min(max(places) + _AFTER, begin + _MOST)
    return tuple(_turn(wake) for wake, _ in woken[begin:end])


def _turn(wake: Wake) -> Turn:
    return Turn(wake.step, (wake.instant - START) / SECOND, wake.task, wake.places[-1], wake.how)
