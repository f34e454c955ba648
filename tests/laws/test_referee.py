"""What detrun does, stock asyncio can do: the referee plays it again; and engines that go too far are objected to."""

from __future__ import annotations

import time
from collections.abc import Callable
from heapq import heappop

import pytest
from hypothesis import given, seed, settings

from detrun.scheduler.channels import Channel
from detrun.scheduler.choices import Choices, Event
from detrun.scheduler.clock import MILLISECOND, Clock
from detrun.scheduler.contexts import Program as Context
from detrun.scheduler.engine import Engine
from detrun.scheduler.handles import NOTHING, Delivery, TimerHandle
from detrun.scheduler.scheduling import Scheduling
from detrun.scheduler.strategies.random import Random
from tests.laws.programs import Program, programs, small_programs
from tests.laws.schedules import OBJECTIONS, PLAIN, collection, examine, exhaust, judge

SOAK = 100_000


@settings(PLAIN, max_examples=250)
@given(programs())
def test_stock_asyncio_makes_the_same_callbacks(program: Program) -> None:
    examine(program)


@settings(PLAIN, max_examples=60)
@given(small_programs())
def test_stock_asyncio_makes_the_same_callbacks_in_every_schedule_of_a_small_program(program: Program) -> None:
    exhaust(program, 60)


@pytest.mark.soak
def test_stock_asyncio_makes_the_same_callbacks_a_hundred_thousand_times(capsys: pytest.CaptureFixture[str]) -> None:
    began, schedules, batches = time.monotonic(), 0, 0
    while schedules < SOAK:
        schedules += _batch(batches)
        batches += 1
    with capsys.disabled():
        print(f"\n{schedules:,} schedules in {time.monotonic() - began:.0f} s, none objected to")


def _batch(number: int) -> int:
    """Check some programs that no other batch has; how many schedules they were."""
    count = 0

    # Shrinking takes runs, and explaining traces them: neither is paid for unless something is found.
    @seed(number)
    @settings(PLAIN, max_examples=200)
    @given(programs(), small_programs())
    def check_one(program: Program, small: Program) -> None:
        nonlocal count
        count += examine(program) + exhaust(small, 20)

    check_one()
    return count


# Flaws: each is a way in which a scheduler may go beyond what stock asyncio does.


def _timers_overtake(patch: pytest.MonkeyPatch) -> None:
    def fall_due(clock: Clock) -> None:
        due = []
        while clock.timers and clock.timers[0][0] <= clock.now:
            due.append(heappop(clock.timers)[2])
        for timer in reversed(due):
            if timer.call is not NOTHING:
                timer.home.fall_due(timer)

    patch.setattr(Clock, "fall_due", fall_due)


def _timers_fire_early(patch: pytest.MonkeyPatch) -> None:
    real = Clock.fall_due

    def fall_due(clock: Clock) -> None:
        now, clock.now = clock.now, clock.now + MILLISECOND
        real(clock)
        clock.now = now

    patch.setattr(Clock, "fall_due", fall_due)


def _timers_stand_before_what_is_ready(patch: pytest.MonkeyPatch) -> None:
    def fall_due(home: Context, timer: TimerHandle) -> None:
        home.engine.deliver(timer)
        home.loop.ready.appendleft(timer)

    patch.setattr(Context, "fall_due", fall_due)


def _last_in_first_out(patch: pytest.MonkeyPatch) -> None:
    real = Scheduling.iterate

    def iterate(loop: Scheduling) -> int:
        loop.ready.reverse()
        return real(loop)

    patch.setattr(Scheduling, "iterate", iterate)


def _callbacks_run_in_the_iteration_that_queued_them(patch: pytest.MonkeyPatch) -> None:
    real = Scheduling.iterate

    def iterate(loop: Scheduling) -> int:
        made = real(loop)
        while loop.ready:
            made += real(loop)
        return made

    patch.setattr(Scheduling, "iterate", iterate)


def _clock_goes_back(patch: pytest.MonkeyPatch) -> None:
    real = Scheduling.iterate

    def iterate(loop: Scheduling) -> int:
        now = loop._clock.now
        made = real(loop)
        loop._clock.now = now
        return made

    patch.setattr(Scheduling, "iterate", iterate)


def _messages_overtake(patch: pytest.MonkeyPatch) -> None:
    def push(channel: Channel, delivery: Delivery) -> None:
        channel.queue.appendleft(delivery)
        channel._arrivals.append(channel)

    patch.setattr(Channel, "push", push)


FLAWS = (
    _timers_overtake,
    _timers_fire_early,
    _timers_stand_before_what_is_ready,
    _last_in_first_out,
    _callbacks_run_in_the_iteration_that_queued_them,
    _clock_goes_back,
    _messages_overtake,
)


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.__name__.strip("_"))
def test_an_unsound_engine_is_objected_to(
    flaw: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    flaw(monkeypatch)

    with pytest.raises(OBJECTIONS):
        _examine_all()


class Shuffling(Random):
    """Draws what stock asyncio never leaves open: the order of the callbacks that are ready."""

    def begin(self, engine: Engine) -> None:
        self._engine = engine

    def choose(self, choices: Choices) -> Event:
        for context in self._engine.contexts:
            context.loop.ready.rotate()
        return super().choose(choices)


def test_an_unsound_strategy_is_objected_to() -> None:
    with pytest.raises(OBJECTIONS):
        for program in collection():
            judge(program, "Shuffling(1)", Shuffling(1))


def test_sound_engines_are_not_objected_to() -> None:
    _examine_all()


def _examine_all() -> None:
    for program in collection():
        examine(program, seeds=3, holds=0)
