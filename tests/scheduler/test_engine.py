"""The engine with contexts of both kinds: what can happen, what is chosen, what a step is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from detrun.model import Decision, EventId, Hold
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.channels import Channel
from detrun.scheduler.clock import SECOND, START
from detrun.scheduler.contexts import Unit
from detrun.scheduler.engine import Engine
from detrun.scheduler.handles import Delivery
from detrun.scheduler.limits import Limits
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.recorded import Recorded
from detrun.scheduler.strategies.strategy import Strategy
from detrun.scheduler.threads.thread import Thread


def exhaust(engine: Engine) -> None:
    while engine.advance():
        pass


def echo(engine: Engine) -> None:
    """A message that sends itself again, for ever."""

    def again() -> None:
        channel.put()

    channel = engine.channel(engine.unit("echo"), "echo", again)
    channel.put()


def two_senders(strategy: Strategy) -> tuple[Engine, list[str]]:
    """Three messages on each of two channels to one unit, which logs them."""
    engine, log = Engine(strategy), list[str]()
    unit = engine.unit("room")
    for name in "ab":
        channel = engine.channel(unit, name, log.append)
        for number in range(3):
            channel.put(f"{name}{number}")
    exhaust(engine)
    return engine, log


def test_the_default_takes_messages_in_order_of_arrival() -> None:
    engine, log = two_senders(Default())

    assert log == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert engine.trace.decisions == []
    assert engine.trace.step == 6


@pytest.mark.parametrize("seed", range(50))
def test_channels_are_permuted_and_none_is_reordered(seed: int) -> None:
    _, log = two_senders(Random(seed))

    assert sorted(log) == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert [entry for entry in log if entry[0] == "a"] == ["a0", "a1", "a2"]
    assert [entry for entry in log if entry[0] == "b"] == ["b0", "b1", "b2"]


def test_every_interleaving_of_two_channels_is_reached() -> None:
    assert len({tuple(two_senders(Random(seed))[1]) for seed in range(500)}) == 20


def test_decisions_repeat_the_run_they_were_made_in() -> None:
    engine, log = two_senders(Random(5))

    again, same = two_senders(Recorded(engine.trace.decisions))

    assert engine.trace.decisions
    assert same == log
    assert again.trace.fingerprint() == engine.trace.fingerprint()
    assert again.trace.decisions == engine.trace.decisions


@pytest.mark.parametrize("seed", range(20))
def test_decisions_of_a_program_repeat_it(seed: int) -> None:
    async def main() -> None:
        async def worker(number: int) -> None:
            for _ in range(3):
                await asyncio.sleep(0.004 * number)
                await asyncio.sleep(0)

        await asyncio.gather(*(worker(number) for number in range(1, 4)))

    run = detrun.run(main, seed=seed)
    again = detrun.run(main, strategy=Recorded(run.decisions))

    assert run.decisions
    assert (again.digest, again.decisions) == (run.digest, run.decisions)
    assert detrun.run(main, strategy=Recorded([])).decisions == ()


def test_a_decision_that_cannot_be_taken_is_a_divergence() -> None:
    with pytest.raises(detrun.Divergence) as caught:
        two_senders(Recorded([Decision(2, EventId((1, 1)))]))

    assert caught.value.at == 2


def test_a_decision_that_was_never_asked_for_is_a_divergence() -> None:
    strategy = Recorded([Decision(99, EventId((1, 1)))])
    engine, _ = two_senders(strategy)

    with pytest.raises(detrun.Divergence, match="step 99"):
        engine.end()


def delivered(run: Callable[[Strategy], tuple[Engine, list[str]]]) -> list[EventId]:
    """The ids of what the default delivers, in order."""
    ids: list[EventId] = []

    class Observing(Default):
        def begin(self, engine: Engine) -> None:
            engine.trace.observers.append(lambda delivery: ids.append(delivery.id))

    run(Observing())
    return ids


def test_a_held_event_waits_until_the_other_was_delivered() -> None:
    ids = delivered(two_senders)
    holds = Holds([Hold(event=ids[1], until=ids[4])])

    _, log = two_senders(holds)

    assert log == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert holds.released == []


def test_a_hold_that_nothing_can_meet_is_released_and_remembered() -> None:
    first, second = delivered(two_senders)[:2]
    hold = Hold(event=first, until=second)  # of one channel: FIFO forbids it
    holds = Holds([hold])

    _, log = two_senders(holds)

    assert log[:3] == ["b0", "b1", "b2"]
    assert log[3:] == ["a0", "a1", "a2"]
    assert holds.released == [hold]


def test_a_turn_of_a_unit_runs_until_nothing_is_ready() -> None:
    engine, log = Engine(Default()), list[str]()
    unit = engine.unit("room")

    async def work(name: str) -> None:
        for number in range(3):
            log.append(f"{name}{number}")
            await asyncio.sleep(0)

    channel = engine.channel(unit, "calls", lambda name: unit.loop.create_task(work(name)))
    channel.put("a")
    channel.put("b")
    engine.advance()

    assert log == ["a0", "a1", "a2"]
    engine.advance()
    assert log[3:] == ["b0", "b1", "b2"]


def test_a_turn_that_never_ends_is_a_limit() -> None:
    engine = Engine(Default())
    unit = engine.unit("room")

    def again() -> None:
        unit.loop.call_soon(again)

    engine.channel(unit, "calls", again).put()

    with pytest.raises(detrun.LimitReached, match="one turn of room"):
        engine.advance()


def test_steps_are_bounded() -> None:
    engine = Engine(Default(), Limits(steps=300))
    echo(engine)

    with pytest.raises(detrun.LimitReached, match="300 steps"):
        exhaust(engine)


def test_time_stands_still_within_a_turn_of_a_unit() -> None:
    engine = Engine(Default())
    unit = engine.unit("room")
    read: list[float] = []
    engine.channel(unit, "calls", lambda: read.extend(unit.loop.time() for _ in range(3))).put()
    engine.advance()

    assert len(set(read)) == 1


def sleeping(engine: Engine, unit: Unit, delay: float, log: list[str]) -> Channel:
    async def work() -> None:
        await asyncio.sleep(delay)
        log.append(unit.name)

    tasks: list[Any] = []
    return engine.channel(unit, "calls", lambda: tasks.append(unit.loop.create_task(work())))


def slept(strategy: Strategy, delays: list[float]) -> tuple[Engine, list[str]]:
    """Units that sleep, one for each delay."""
    engine, log = Engine(strategy), list[str]()
    for number, delay in enumerate(delays):
        sleeping(engine, engine.unit(f"unit-{number}"), delay, log).put()
    exhaust(engine)
    return engine, log


def test_time_jumps_to_the_next_deadline_when_nothing_else_can_happen() -> None:
    engine, log = slept(Default(), [3.0, 1.0, 2.0])

    assert log == ["unit-1", "unit-2", "unit-0"]
    assert 3.0 <= engine.clock.elapsed < 3.001


def test_timers_of_different_contexts_may_overtake_each_other_within_the_slack() -> None:
    near = {tuple(slept(Random(seed), [0.010, 0.020])[1]) for seed in range(30)}
    far = {tuple(slept(Random(seed), [0.010, 1.0])[1]) for seed in range(30)}

    assert near == {("unit-0", "unit-1"), ("unit-1", "unit-0")}
    assert far == {("unit-0", "unit-1")}


def test_a_timer_that_fell_due_is_not_starved_by_messages() -> None:
    engine, log = Engine(Default(), Limits(steps=5_000)), list[str]()
    sleeping(engine, engine.unit("sleeper"), 0.001, log).put()
    echo(engine)

    with pytest.raises(detrun.LimitReached):
        exhaust(engine)
    assert log == ["sleeper"]


def test_a_future_resolved_by_another_context_continues_in_its_own() -> None:
    engine, log = Engine(Default()), list[object]()
    waiter, waker = engine.unit("waiter"), engine.unit("waker")
    future = waiter.loop.create_future()

    async def wait() -> None:
        await future
        log.append(asyncio.get_running_loop())

    tasks: list[Any] = []
    engine.channel(waiter, "calls", lambda: tasks.append(waiter.loop.create_task(wait()))).put()
    engine.channel(waker, "calls", lambda: future.set_result(None)).put()
    exhaust(engine)

    assert log == [waiter.loop]
    assert engine.trace.step == 3


def test_awaiting_a_future_of_another_context_is_refused() -> None:
    engine = Engine(Default())
    one, other = engine.unit("one"), engine.unit("other")
    foreign = other.loop.create_future()

    async def wait() -> None:
        await foreign

    tasks: list[asyncio.Task[None]] = []
    engine.channel(one, "calls", lambda: tasks.append(one.loop.create_task(wait()))).put()
    exhaust(engine)

    with pytest.raises(RuntimeError, match="attached to a different loop"):
        tasks[0].result()


def test_observers_learn_of_every_event() -> None:
    seen: list[Delivery | Thread] = []

    class Observing(Default):
        def begin(self, engine: Engine) -> None:
            engine.trace.observers.append(seen.append)

    two_senders(Observing())

    assert len(seen) == len({delivery.id for delivery in seen}) == 6


def test_an_operation_changes_the_digest() -> None:
    engine = Engine(Default())
    before = engine.trace.fingerprint()
    engine.trace.note(EventId((1, 1)))

    assert engine.trace.fingerprint() != before


def test_virtual_time_is_bounded() -> None:
    engine = Engine(Default(), Limits(seconds=10))
    sleeping(engine, engine.unit("sleeper"), 11, []).put()

    with pytest.raises(detrun.LimitReached, match="virtual time"):
        exhaust(engine)


def test_the_clock_starts_away_from_zero() -> None:
    assert Engine(Default()).clock.now == START >= SECOND


def test_time_stands_still_within_a_turn_of_a_unit_and_goes_on_within_one_of_a_program() -> None:
    seen: list[float] = []

    def look() -> None:
        seen.extend(time.monotonic() for _ in range(3))

    def main() -> None:
        engine = ACTIVE.engine
        assert engine is not None
        unit = engine.unit("unit")
        engine.channel(unit, "look", look).put()
        engine.advance()
        look()

    detrun.run(main)

    assert len(set(seen[:3])) == 1
    assert len(set(seen[3:])) == 3
