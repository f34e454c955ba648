"""What detrun does, stock asyncio can do: the referee plays it again; and engines that go too far are objected to."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from heapq import heappop
from typing import TypeAlias

import pytest
from hypothesis import Phase, given, seed, settings

from detrun.scheduler.along import Along, Before
from detrun.scheduler.channels import Channel
from detrun.scheduler.choices import Choices, Event
from detrun.scheduler.clock import MILLISECOND, Clock
from detrun.scheduler.contexts import Program as Context
from detrun.scheduler.engine import Engine
from detrun.scheduler.handles import NOTHING, Delivery, TimerHandle
from detrun.scheduler.loop import Loop
from detrun.scheduler.scheduling import Scheduling
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.random import Random
from tests.laws.acts import Fail, Resolve
from tests.laws.arms import on_detrun, on_referee
from tests.laws.deeds import Await, Body, Do, Group, Help, Locked, Program, Sleep, Within
from tests.laws.programs import programs, small_programs
from tests.laws.referee import START, Impossible, Iteration
from tests.laws.schedules import OBJECTIONS, PLAIN, collection, examine, exhaust, judge
from tests.laws.stage import EAGER

# Schedules, and how many tests share them.
SOAK, SHARES = 100_000, 10
Script: TypeAlias = tuple[Iteration, ...]


@settings(PLAIN, max_examples=250)
@given(programs())
def test_stock_asyncio_makes_the_same_callbacks(program: Program) -> None:
    examine(program)


@settings(PLAIN, max_examples=60)
@given(small_programs())
def test_stock_asyncio_makes_the_same_callbacks_in_every_schedule_of_a_small_program(program: Program) -> None:
    exhaust(program, 60)


_DO = Do(Resolve(0))
_SLEEPERS: Body = (_DO, Locked(0, (_DO,)), Group(((_DO, _DO, Sleep(1_000)), (Sleep(1_000),))))
REMEMBERED = {
    "a task that exits where it is made": Program(((Do(Fail(exit=True)),), ()), eager=EAGER is not None),
    "an iteration in which the clock is looked at often": Program(((_DO, _DO, _DO, Sleep(0), _DO),)),
    "deadlines less than a nanosecond apart": Program((_SLEEPERS, (Sleep(1_500), Help()))),
    "nothing but sleeps without end": Program(((Sleep(None),), (Sleep(None),))),
    "nothing but cancelled timers": Program(((Within(5_000, ()), Await(1, shielded=False)), (Within(5_000, ()),))),
}


@pytest.mark.parametrize("program", REMEMBERED.values(), ids=REMEMBERED)
def test_what_was_once_objected_to_is_not_any_more(program: Program) -> None:
    exhaust(program, 200)


@pytest.mark.soak
@pytest.mark.parametrize("share", range(SHARES))
def test_stock_asyncio_makes_the_same_callbacks_a_hundred_thousand_times(
    share: int, capsys: pytest.CaptureFixture[str]
) -> None:
    began, schedules, batches = time.monotonic(), 0, share
    while schedules < SOAK // SHARES:
        schedules += _batch(batches)
        batches += SHARES
    with capsys.disabled():
        sys.stdout.write(f"\n{schedules:,} schedules in {time.monotonic() - began:.0f} s, none objected to\n")


def _batch(number: int) -> int:
    """Check some programs that no other batch has; how many schedules they were."""
    count = 0

    # What is found is shrunk, but not explained: that is a search of its own, under a tracer.
    @seed(number)
    @settings(PLAIN, max_examples=200, phases=(Phase.generate, Phase.shrink))
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
            due.append(heappop(clock.timers)[-1])
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
        home.engine.trace.deliver(timer)
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


def _messages_come_along_after_timers(patch: pytest.MonkeyPatch) -> None:
    real = Choices.offer_along

    def offer_along(choices: Choices, home: Context, limit: int, **_: bool) -> bool:
        return real(choices, home, limit, late=False)

    patch.setattr(Choices, "offer_along", offer_along)


def _what_comes_along_has_come_before(patch: pytest.MonkeyPatch) -> None:
    real = Along.come

    def come(along: Along, loop: Loop, stood: Before) -> None:
        before = len(loop.ready)
        real(along, loop, stood)
        loop.ready.rotate(len(loop.ready) - before)

    patch.setattr(Along, "come", come)


FLAWS = (
    _timers_overtake,
    _timers_fire_early,
    _timers_stand_before_what_is_ready,
    _last_in_first_out,
    _callbacks_run_in_the_iteration_that_queued_them,
    _clock_goes_back,
    _messages_overtake,
    _messages_come_along_after_timers,
    _what_comes_along_has_come_before,
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
    def shuffle_all() -> None:
        for program in collection():
            judge(program, "Shuffling(1)", Shuffling(1))

    with pytest.raises(OBJECTIONS):
        shuffle_all()


def test_sound_engines_are_not_objected_to() -> None:
    _examine_all()


# Programs that sleep once: the script of one has a long wait in it.
ASLEEP = Program(((Sleep(5_000),),))


def _backwards(script: Script) -> Script:
    return (*script[:-1], Iteration(START))


def _awake_too_early(script: Script) -> Script:
    place = max(range(1, len(script)), key=lambda place: script[place].reading - script[place - 1].reading)
    return (*script[:place], Iteration(script[place].reading - 4 * MILLISECOND), *script[place + 1 :])


def _message_from_nobody(script: Script) -> Script:
    return (Iteration(script[0].reading, ("left",)), *script[1:])


def _too_short(script: Script) -> Script:
    return script[:-1]


def _too_long(script: Script) -> Script:
    return (*script, script[-1])


@pytest.mark.parametrize(
    ("forge", "objection"),
    [
        (_backwards, "the clock goes back"),
        (_awake_too_early, "returns with nothing"),
        (_message_from_nobody, "that nobody sent"),
        (_too_short, "the script is at its end"),
        (_too_long, "the loop is at its end"),
    ],
)
def test_a_script_that_no_selector_follows_is_objected_to(forge: Callable[[Script], Script], objection: str) -> None:
    script = on_detrun(ASLEEP, Default()).script
    on_referee(ASLEEP, script)

    with pytest.raises(Impossible, match=objection):
        on_referee(ASLEEP, forge(script))


def _examine_all() -> None:
    for program in collection():
        examine(program, seeds=3, holds=0)
