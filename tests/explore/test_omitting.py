"""What a failure does without: clients, tasks, requests. What is left fails, and passes when nothing is late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import pytest

import detrun
from detrun.errors import Stale
from detrun.explore.extracting import Extracted, extracted
from detrun.explore.finding import Found, smallest
from detrun.explore.kept import KeptPlan, kept, resolved
from detrun.explore.telling import told
from detrun.model import LEFT_OUT, Plan
from detrun.runtime.modules.snapshot import Snapshot
from detrun.scenarios.app import App
from detrun.scenarios.playing import playing
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.recorded import Recorded
from tests.explore.failures import first, minimized, trials
from tests.runtime.applications import Bound, Workers, worker

LOG = worker(
    "log",
    """
    from detrun import WorkerEntrypoint
    lines = []
    class Default(WorkerEntrypoint):
        async def put(self, line):
            lines.append(line)
        async def all(self):
            return lines
    """,
)
# Looks, waits for somebody else, and acts on what it saw.
FRONT = worker(
    "front",
    """
    from detrun import Response, WorkerEntrypoint
    from detrun.runtime.sockets import WebSocketPair
    class Default(WorkerEntrypoint):
        started = []
        async def start(self, name):
            if not self.started:
                await self.env.LOG.put(name)
                self.started.append(name)
        async def hello(self):
            return "hello"
        async def sell(self, what):
            raise ValueError(f"no {what}")
        async def fetch(self, request):
            if request.headers.get("upgrade") == "websocket":
                client, server = WebSocketPair()
                server.accept()
                return Response(None, status=101, web_socket=client)
            return Response("ok")
    """,
    Bound("LOG", "log"),
)


async def bystanders() -> None:
    """Two buyers of one thing, and others who only look."""
    stock = 1

    async def buy(after: float) -> None:
        nonlocal stock
        await asyncio.sleep(after)
        if stock:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            stock -= 1

    async def look() -> None:
        for _ in range(3):
            await asyncio.sleep(1)

    await asyncio.gather(look(), buy(0.001), look(), buy(0.020), look())
    assert stock >= 0


async def counted() -> None:
    """Three who add one, of whom one is lost; without the third there are two at most."""
    count = 0

    async def add(after: float) -> None:
        nonlocal count
        await asyncio.sleep(after)
        read = count
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        count = read + 1

    await asyncio.gather(add(0.001), add(0.010), add(0.100))
    assert count == 3


async def broken() -> None:
    """Fails whatever comes first."""

    async def look() -> None:
        await asyncio.sleep(1)

    await asyncio.gather(look(), look())
    raise ValueError


def played(scenario: Callable[[App], Awaitable[Any]]) -> Callable[[], Awaitable[None]]:
    """The program that plays a scenario with both workers."""
    workers = (LOG, FRONT)

    async def main() -> None:
        snapshots = {
            each.name: Snapshot.of({f"{each.directory}/main.py": each.source.encode()}, each.directory)
            for each in workers
        }
        await playing(Workers(workers), snapshots, scenario)()

    return main


async def crowded(app: App) -> None:
    """Two first calls, among much else."""

    async def guest() -> None:
        for _ in range(3):
            await app.sleep(0.005)
            assert await app.client("guest").service("front").hello() in ("hello", None)

    async def talk() -> None:
        socket = await app.client("talker").websocket("/talk")
        for _ in range(3):
            socket.send("x")
        socket.close()

    async def second() -> None:
        await app.sleep(0.010)
        await app.client("bob").service("front").start("bob")

    await app.reload()
    await app.fetch("/")
    await app.sleep(0.010)
    await asyncio.gather(guest(), app.client("ann").service("front").start("ann"), second(), talk())
    assert len(await app.service("log").all()) == 1


CROWDED = played(crowded)


def failing(program: Callable[[], Awaitable[None]]) -> Extracted:
    """The first random walk that fails, as a plan."""
    walks = (extracted(trials(program), Random(seed), Plan()) for seed in range(100))
    return next(each for each in walks if each.plan is not None)


@cache
def found(program: Callable[[], Awaitable[None]]) -> Found:
    """What is left of a failure, and why."""
    known = failing(program)
    assert known.plan is not None
    assert known.signature is not None
    return smallest(trials(program), known.plan, known.signature, 20)


def left_out(scenario: Callable[[App], Awaitable[Any]]) -> set[str]:
    """What a scenario's failure does without."""
    program = played(scenario)
    known = failing(program)
    assert known.plan is not None
    return set(kept(trials(program), minimized(program, known.plan, known.signature).plan).without)


def test_of_a_plain_program_those_tasks_go_that_do_not_matter() -> None:
    small = found(bystanders)

    assert small.minimized.minimal
    assert small.explanation.inputs == ("buy#1", "buy#2")
    assert small.explanation.left_out == ("look#1", "look#2", "look#3")
    assert "  needs     buy#1, buy#2" in told(small.explanation)


def test_the_whole_of_a_plain_program_fails_by_the_same_holds() -> None:
    small = found(bystanders)

    assert trials(bystanders)(Plan(small.plan.holds)).signature == small.signature
    assert small.explanation.whole


@pytest.mark.parametrize("program", [bystanders, counted])
def test_what_is_left_passes_when_nothing_is_late(program: Callable[[], Awaitable[None]]) -> None:
    signature, plan = first(program)
    small = minimized(program, plan, signature).plan

    assert trials(program)(Plan(without=small.without)).signature is None


def test_what_a_program_expects_of_all_needs_all() -> None:
    signature, plan = first(counted)

    assert minimized(counted, plan, signature).plan.without == ()


def test_what_fails_always_keeps_what_it_has() -> None:
    signature, plan = first(broken)

    assert minimized(broken, plan, signature).plan == Plan()


def test_what_a_worker_always_fails_of_is_left_with_what_it_was_asked() -> None:
    async def selling(app: App) -> None:
        async def look() -> None:
            await app.client("looker").fetch("/")

        await app.reload()
        await asyncio.gather(look(), look())
        for number in range(3):
            await app.sleep(1)
            await app.client("ann").service("front").start(f"ann {number}")
        await app.client("bob").service("front").sell("lamp")
        await app.fetch("/")

    small = found(played(selling))

    assert (small.plan.holds, small.explanation.inputs) == ((), ("bob/front.sell#1",))
    assert small.explanation.failure == "ValueError: no lamp"


def test_a_scenario_is_left_with_the_clients_and_requests_that_it_takes() -> None:
    small = found(CROWDED)

    assert small.minimized.minimal
    # Some of what is left out is missed by what is not: that is no other failure of the program.
    assert small.minimized.slipped == {}
    assert small.explanation.inputs == (
        "app/sleep#1",
        "ann/front.start#1",
        "second#1",
        "second#1/app/sleep#1",
        "second#1/bob/front.start#1",
        "client/log.all#1",
    )
    assert small.explanation.left_out == ("app/reload#1", "client/GET /#1", "guest#1", "talk#1")
    assert small.explanation.possible.startswith(
        "on the platform, where messages of different senders have no order: needs `"
    )


def test_what_was_minimized_stays_as_it_is_and_is_found_by_its_names() -> None:
    small, again = found(CROWDED), trials(CROWDED)
    named = kept(again, small.plan)

    assert minimized(CROWDED, small.plan, small.signature).plan == small.plan
    assert resolved(again, named) == small.plan
    assert again(resolved(again, named)).signature == small.signature


def test_what_was_left_out_of_a_scenario_is_decided_and_its_decisions_make_the_run_again() -> None:
    plan = found(CROWDED).plan
    run = detrun.run(CROWDED, strategy=Holds.of(plan))

    assert {each.event for each in run.decisions if each.answer == LEFT_OUT} == set(plan.without)
    assert detrun.run(CROWDED, strategy=Recorded(run.decisions)).digest == run.digest


def test_a_name_that_no_input_has_any_more_is_stale() -> None:
    with pytest.raises(Stale, match=r"'looks#1'.*\n.*'look#1'"):
        resolved(trials(bystanders), KeptPlan(without=("looks#1",)))


def test_a_pause_goes_only_with_what_comes_after_it() -> None:
    async def patient(app: App) -> None:
        starting = asyncio.ensure_future(app.client("ann").service("front").start("ann"))
        await app.sleep(0.010)
        await app.client("bob").service("front").hello()
        await app.sleep(0.010)
        await app.client("bob").service("front").start("bob")
        await starting
        assert len(await app.service("log").all()) == 1

    assert left_out(patient) == {"app/sleep#1", "bob/front.hello#1"}


def test_what_was_left_out_of_an_application_can_be_asked_for_more() -> None:
    async def chained(app: App) -> None:
        task = asyncio.ensure_future(app.client("bob").service("front").hello())
        await crowded(app)
        await task

    assert "bob/front.hello#1" in left_out(chained)
