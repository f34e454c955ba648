"""What comes along in one turn: an answer and a timer, several timers; only within the slack, and only if asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from detrun.model import ALONG, SLACK, Hold
from detrun.scheduler.choices import Choices, Continue, Event
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.random import Random
from tests.laws.schedules import Path

Log = list[str]


class Unasked(Path):
    """The same where nothing is asked about what comes along."""

    along = False


async def answered() -> Log:
    """A waiter, an answer from the network, and a timer; who runs in between is seen."""
    log: Log = []
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    class Peer(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)
            self.transport.close()

    class Client(asyncio.Protocol):
        def data_received(self, _: bytes) -> None:
            log.append("answer")
            answer.set_result(None)

    server = await loop.create_server(Peer, "127.0.0.1", 8000)
    transport, _ = await loop.create_connection(Client, "127.0.0.1", 8000)
    timer = loop.call_later(0.010, log.append, "timer")
    transport.write(b"hello")
    await answer
    log.append("waiter")
    timer.cancel()
    transport.close()
    server.close()
    await asyncio.sleep(1)
    return log


def timers(*delays: float) -> Callable[[], Any]:
    """Timers, and a task for each that goes on once it has fired."""

    async def main() -> Log:
        log: Log = []
        loop = asyncio.get_running_loop()

        async def wait(number: int, woken: asyncio.Event) -> None:
            await woken.wait()
            log.append(f"task {number}")

        def fire(number: int, woken: asyncio.Event) -> None:
            log.append(f"timer {number}")
            woken.set()

        events = [asyncio.Event() for _ in delays]
        tasks = [asyncio.create_task(wait(number, woken)) for number, woken in enumerate(events)]
        for number, (delay, woken) in enumerate(zip(delays, events, strict=True)):
            loop.call_later(delay, fire, number, woken)
        await asyncio.gather(*tasks)
        return log

    return main


def logs(program: Callable[[], Any], kind: type[Path] = Path) -> list[Log]:
    """What a program logs by default, and with up to two deviations."""
    paths, found = [kind()], list[Log]()
    for _ in range(3):
        found += [detrun.run(program, strategy=path).result() for path in paths]
        paths = [kind(other) for path in paths for other in path.deviations()]
    return found


def test_an_answer_and_a_timer_come_in_one_turn_in_this_order() -> None:
    assert ["answer", "timer", "waiter"] in logs(answered)
    assert ["answer", "waiter"] in logs(answered, Unasked)
    assert ["answer", "timer", "waiter"] not in logs(answered, Unasked)


@pytest.mark.parametrize(("later", "together"), [(0.020, True), (0.039, True), (0.041, False)])
def test_timers_come_in_one_turn_within_the_slack(later: float, together: bool) -> None:  # noqa: FBT001
    found = logs(timers(0.010, later))

    assert (["timer 0", "timer 1", "task 0", "task 1"] in found) == together
    assert ["timer 0", "task 0", "timer 1", "task 1"] in found


def test_the_slack_is_that_of_the_turn_and_not_of_each_timer() -> None:
    delays = (0.010, 0.030, 0.050)

    assert not any(log[:3] == ["timer 0", "timer 1", "timer 2"] for log in logs(timers(*delays)))


class Noting(Default):
    """Notes what is offered."""

    slack = SLACK
    along = True

    def __init__(self) -> None:
        self.offers: list[list[Event]] = []

    def choose(self, choices: Choices) -> Event:
        self.offers.append(choices.events())
        return choices.oldest()


def test_a_turn_that_waits_for_a_timer_has_those_before_it_come_along() -> None:
    noting = Noting()
    program = timers(0.010, 0.020, 0.030)
    assert detrun.run(program, strategy=noting).decisions == ()
    (turn, first) = noting.offers[0]
    last = noting.offers[-1][1]
    assert isinstance(turn, Continue)

    run = detrun.run(program, strategy=(holds := Holds([Hold(turn.id, last.id)])))

    assert run.result()[:3] == ["timer 0", "timer 1", "timer 2"]
    assert (first.id == last.id, len(holds.used), holds.released) == (False, 1, [])


@pytest.mark.parametrize("seed", range(20))
def test_what_came_along_comes_along_again(seed: int) -> None:
    run = detrun.run(timers(0.010, 0.020, 0.030, 0.030), strategy=Random(seed, along=True))

    assert detrun.run(timers(0.010, 0.020, 0.030, 0.030), strategy=detrun.Recorded(run.decisions)).digest == run.digest


def test_some_of_it_came_along() -> None:
    runs = [detrun.run(timers(0.010, 0.020), strategy=Random(seed, along=True)) for seed in range(20)]

    assert ALONG in {each.answer for run in runs for each in run.decisions}


@pytest.mark.parametrize("program", [answered, timers(0.010, 0.020)])
def test_who_lets_nothing_come_along_does_as_who_is_not_asked(program: Callable[[], Any]) -> None:
    assert detrun.run(program, strategy=Path()).digest == detrun.run(program, strategy=Unasked()).digest
