"""Holds: what they keep back, which of them mattered, and turns in which nothing was chosen."""

from __future__ import annotations

import asyncio

import detrun
from detrun.model import SLACK, EventId, Hold
from detrun.scheduler.choices import Choices, Continue, Event, turns
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.holds import Holds

NEVER = EventId((7, 7))


class Noting(Default):
    """Notes the events that are offered."""

    slack = SLACK

    def __init__(self) -> None:
        self.offers: list[list[Event]] = []

    def choose(self, choices: Choices) -> Event:
        self.offers.append(choices.events())
        return choices.oldest()


async def _race() -> list[str]:
    """One sleeps, the other is busy meanwhile."""
    order = []

    async def sleep() -> None:
        await asyncio.sleep(0.005)
        order.append("woken")

    async def work() -> None:
        for _ in range(4):
            await asyncio.sleep(0)
        order.append("worked")

    await asyncio.gather(sleep(), work())
    return order


def _timer_and_turns() -> tuple[EventId, list[EventId]]:
    noting = Noting()
    detrun.run(_race, strategy=noting)
    going_on = [event.id for event, *_ in noting.offers if isinstance(event, Continue)]
    return noting.offers[0][1].id, going_on


def test_a_turn_that_waits_for_a_timer_is_one_that_takes_long() -> None:
    timer, going_on = _timer_and_turns()
    holds = Holds([Hold(going_on[0], timer)])

    assert detrun.run(_race, strategy=holds).result() == ["woken", "worked"]
    assert (list(holds.used), holds.released) == ([Hold(going_on[0], timer)], [])


def test_a_hold_that_kept_nothing_back_was_not_used() -> None:
    timer, going_on = _timer_and_turns()
    holds = Holds([Hold(timer, going_on[0]), Hold(NEVER, timer)])

    assert detrun.run(_race, strategy=holds).result() == ["worked", "woken"]
    assert (list(holds.used), holds.released) == ([], [])


def test_what_waits_for_a_turn_goes_on_though_nobody_was_asked_then() -> None:
    timer, _ = _timer_and_turns()
    # After the timer there is nothing to choose any more, so that its turns pass by themselves.
    holds = Holds([Hold(EventId((turns(timer), 99)), EventId((turns(timer), 1)))])

    assert detrun.run(_race, strategy=holds).outcome == "ok"
    assert holds.released == []


def test_what_waits_for_ever_is_given_up_and_said_to_be() -> None:
    timer, _ = _timer_and_turns()
    holds = Holds([Hold(timer, NEVER)])

    assert detrun.run(_race, strategy=holds).result() == ["worked", "woken"]
    assert holds.released == [Hold(timer, NEVER)]
