"""Signatures: what makes two failures the same, and who took part in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from detrun.explore.attempt import Attempts
from detrun.explore.kept import KeptPlan
from detrun.explore.signature import Signature
from detrun.model import EventId, Hold, Plan
from detrun.runtime.modules.snapshot import Snapshot
from detrun.scenarios.app import App
from detrun.scenarios.playing import playing
from detrun.scheduler.strategies.default import Default
from tests.runtime.applications import Bound, Workers, worker

BACK = worker(
    "back",
    """
    from detrun import WorkerEntrypoint
    class Default(WorkerEntrypoint):
        async def fail(self):
            raise ValueError("no")
        async def fail_too(self):
            raise ValueError("no")
    """,
)
FRONT = worker(
    "front",
    """
    from detrun import WorkerEntrypoint
    class Default(WorkerEntrypoint):
        async def ask(self):
            await self.env.BACK.fail()
        async def ask_more(self):
            await self.env.BACK.fail_too()
        async def forget(self):
            self.ctx.wait_until(self.env.BACK.fail())
        async def hello(self):
            return "hello"
    """,
    Bound("BACK", "back"),
)


def signature(scenario: Callable[[App], Awaitable[Any]]) -> Signature:
    """What a scenario fails of."""
    workers = (BACK, FRONT)
    snapshots = {
        each.name: Snapshot.of({f"{each.directory}/main.py": each.source.encode()}, each.directory) for each in workers
    }
    attempt = Attempts(lambda: playing(Workers(workers), snapshots, scenario)).attempt(Default())
    assert attempt.signature is not None
    return attempt.signature


async def asked(app: App) -> None:
    """One client, one failure in the worker behind."""
    await app.service("front").ask()


async def forgotten(app: App) -> None:
    """The same, where nobody waits for it."""
    await app.service("front").forget()


def test_those_whose_code_raised_took_part() -> None:
    assert signature(asked).contexts == ("back", "front")


def test_the_line_that_raised_is_where_it_is_whichever_context_that_is_in() -> None:
    places = signature(asked).places

    assert [place.split(":")[2] for place in places] == ["fail", "ask", "asked"]


def test_two_lines_of_a_worker_that_raise_the_same_are_two_failures() -> None:
    async def asked_more(app: App) -> None:
        await app.service("front").ask_more()

    assert signature(asked_more).places[0] != signature(asked).places[0]


def test_who_was_not_waited_for_took_part() -> None:
    assert signature(forgotten).contexts == ("back", "front")


def test_other_clients_and_reloads_make_no_other_failure() -> None:
    async def crowded(app: App) -> None:
        await app.client("other").service("front").hello()
        await app.reload()
        await asked(app)

    one, other = signature(asked), signature(crowded)

    assert (one.kind, one.type, one.contexts) == (other.kind, other.type, other.contexts)


def test_a_program_of_one_loop_has_no_contexts_to_tell_apart() -> None:
    async def program() -> None:
        await asyncio.get_running_loop().create_future()

    attempt = Attempts(lambda: program).attempt(Default())

    assert attempt.signature is not None
    assert (attempt.signature.kind, attempt.signature.contexts) == ("stuck", ())


def test_where_several_contexts_are_those_in_which_somebody_waits_took_part() -> None:
    async def stuck(app: App) -> None:
        await app.service("front").hello()
        await asyncio.get_running_loop().create_future()

    assert signature(stuck).contexts == ("main",)


def test_what_was_kept_before_inputs_could_be_left_out_is_read_as_ever() -> None:
    plan = Plan((Hold(EventId((1, 2)), EventId((3, 4))),), slack=3, delay=4)
    holds = '{"holds":[{"event":[1,2],"until":[3,4]}],"faults":[],"kinds":[],"entropy":0,"level":1,"slack":3,"delay":4}'

    assert msgspec.json.decode(holds, type=Plan) == plan
    assert msgspec.json.decode('{"holds":[["a","b"]]}', type=KeptPlan) == KeptPlan((("a", "b"),))
