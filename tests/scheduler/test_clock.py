"""The clock and what waits for it."""

from __future__ import annotations

import contextvars

import pytest

from detrun.model import EventId
from detrun.scheduler.clock import FOREVER, MILLISECOND, SECOND, START, Clock, instant
from detrun.scheduler.engine import Engine
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.strategies.default import Default


def waiting(*deadlines: int) -> tuple[Engine, list[TimerHandle]]:
    """An engine with a program whose timers have these deadlines, in milliseconds from the start."""
    engine = Engine(Default())
    home = engine.program("main")
    timers = []
    for number, deadline in enumerate(deadlines):
        at = START + deadline * MILLISECOND
        variables = contextvars.copy_context()
        event = EventId((0, number))
        timers.append(TimerHandle((int,), variables, None, event, "", at, at / SECOND, home, private=False))
        engine.clock.add(timers[-1])
    return engine, timers


def test_the_earliest_is_the_first_created_of_those_due_first() -> None:
    engine, timers = waiting(3, 1, 1, 2)

    assert engine.clock.earliest() is timers[1]


def test_cancelled_timers_are_passed_over() -> None:
    engine, timers = waiting(3, 1, 2)
    timers[1].cancel()

    assert engine.clock.earliest() is timers[2]
    assert len(engine.clock.timers) == 2


def test_who_waits_forever_is_never_due() -> None:
    engine = Engine(Default())
    engine.program("main").loop.call_at(float("inf"), int)

    assert engine.clock.earliest() is None
    assert instant(float("inf")) == FOREVER


def test_what_is_due_is_handed_over_in_order() -> None:
    engine, timers = waiting(3, 1, 9, 2)
    engine.clock.now = START + 3 * MILLISECOND
    engine.clock.fall_due()

    assert list(next(iter(engine.contexts)).loop.ready) == [timers[1], timers[3], timers[0]]


@pytest.mark.parametrize(("limit", "expected"), [(0, []), (1, [1]), (100, [1])])
def test_one_head_a_context(limit: int, expected: list[int]) -> None:
    engine, timers = waiting(3, 1, 2)

    assert list(engine.clock.heads(START + limit * MILLISECOND)) == [timers[place] for place in expected]


@pytest.mark.parametrize(("limit", "expected"), [(1, []), (3, [2]), (9, [2, 0, 3])])
def test_behind_a_timer_are_those_that_are_due_later_and_wait(limit: int, expected: list[int]) -> None:
    engine, timers = waiting(4, 1, 2, 5, 3)
    timers[4].cancel()

    behind = engine.clock.behind(timers[1], START + limit * MILLISECOND)
    assert list(behind) == [timers[place] for place in expected]


def test_cancelled_timers_that_crowd_the_heap_are_dropped() -> None:
    engine, timers = waiting(*range(1_000))
    for timer in timers[:900]:
        timer.cancel()

    assert len(engine.clock.timers) <= 500
    assert engine.clock.earliest() is timers[900]


def test_timers_of_a_closed_loop_are_gone() -> None:
    engine, _ = waiting(1, 2)
    next(iter(engine.contexts)).loop.close()

    assert engine.clock.earliest() is None


def test_a_selector_sleeps_whole_milliseconds_and_a_little_too_long() -> None:
    engine, timers = waiting(5)
    clock: Clock = engine.clock
    clock.now += 1

    assert timers[0].deadline < clock.after_sleep(timers[0]) <= timers[0].deadline + MILLISECOND
    assert (clock.after_sleep(timers[0]) - clock.now) % MILLISECOND == 0


def test_a_deadline_before_all_time_is_due() -> None:
    engine = Engine(Default())
    timer = engine.program("main").loop.call_at(float("-inf"), int)
    engine.clock.fall_due()

    assert list(next(iter(engine.contexts)).loop.ready) == [timer]


def test_less_than_a_nanosecond_apart_goes_by_the_float() -> None:
    engine = Engine(Default())
    loop = engine.program("main").loop
    later, sooner = 1000.000001 + (0.0228762221 + 0.0945270696), 1000.000001 + 0.0228762221 + 0.0945270696
    assert sooner < later

    timers = [loop.call_at(when, int) for when in (later, sooner)]

    assert engine.clock.earliest() is timers[1]
