"""Searches that foresee nothing, and what they are compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detrun.explore.attempt import Attempts
from detrun.explore.foreseeing import Foreseen, Foresight
from detrun.explore.performing import Performer
from detrun.explore.quiet import silence
from detrun.explore.search import Bounds, Search


class Blind(Foresight):
    """Foresees nothing."""

    def of(self, *_: Any) -> Foreseen:
        return Foreseen()

    def learn(self, *_: Any) -> None:
        """Keep nothing."""


def searched(program: Callable[[], Any], *, blind: bool = False, **bounds: Any) -> tuple[Search, Performer]:
    performer = Performer(Attempts(lambda: program, kinds=bounds.pop("kinds", ())))
    if blind:
        performer.foresight = Blind()
    search = Search(performer, Bounds(**{"strategy": "holds", "keep_going": True, **bounds}))
    with silence():
        search.run()
    return search, performer


def facts(search: Search) -> Any:
    """All that a search says but for the time it took."""
    found = [(signature, each.schedule, each.hits, each.first) for signature, each in search.found.items()]
    return found, search.schedules, search.seen._times, search.holds, search.held, search.sometimes


def check_blind(program: Callable[[], Any], **bounds: Any) -> tuple[int, int]:
    """Object if a search says something else than without foresight; how many schedules were foreseen, how many ran."""
    (blind, without), (search, performer) = (searched(program, blind=blind, **bounds) for blind in (True, False))
    assert facts(search) == facts(blind)
    assert performer.attempts.made + performer.foreseen == without.attempts.made == search.schedules
    return performer.foreseen, performer.attempts.made
