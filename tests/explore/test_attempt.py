"""An attempt is one schedule of a program: cheap, the same each time, and it tells what the search needs to know."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import pytest

import detrun
from detrun.explore.attempt import Attempt, Attempts
from detrun.explore.descent import Descent
from detrun.model import Hold, Plan
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.random import Random


def attempts(main: Any, **options: Any) -> Attempts:
    return Attempts(lambda: main, **options)


async def racing() -> None:
    """Fails if the loop is held up for 10 ms between the two reads."""
    seen: list[str] = []

    async def write() -> None:
        await asyncio.sleep(0.010)
        seen.append("written")

    async def read() -> None:
        await asyncio.sleep(0.005)
        before = list(seen)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert seen == before

    await asyncio.gather(write(), read())


def failing(main: Any, seeds: int = 200) -> Attempt:
    tried = (attempts(main).attempt(Random(seed), traced=True) for seed in range(seeds))
    return next(attempt for attempt in tried if attempt.failed)


def test_the_default_schedule_is_what_asyncio_does() -> None:
    attempt = attempts(racing).attempt(Default())

    assert (attempt.outcome, attempt.signature, attempt.decisions) == ("ok", None, ())


def test_a_failure_has_its_place_for_a_signature() -> None:
    signature = failing(racing).signature

    assert signature is not None
    assert (signature.kind, signature.type) == ("exception", "AssertionError")
    assert [place.rpartition(":")[2] for place in signature.places] == ["read", "racing"]


def test_the_holds_that_its_choices_amount_to_have_the_failure_again() -> None:
    attempt = failing(racing)
    assert attempt.story is not None
    holds = tuple(
        Hold(event, choice.enabled[choice.chosen])
        for choice in attempt.story.choices
        for event in choice.enabled[: choice.chosen]
    )

    again = attempts(racing).again(Plan(holds, entropy=attempt.entropy))

    assert (again.signature, again.decisions, again.digest) == (attempt.signature, attempt.decisions, attempt.digest)


def test_one_hold_is_enough() -> None:
    default = attempts(racing).attempt(detrun.Holds(()), traced=True)
    assert default.story is not None
    plans = [
        Plan((Hold(choice.enabled[0], other),)) for choice in default.story.choices for other in choice.enabled[1:]
    ]

    assert any(attempts(racing).again(plan).failed for plan in plans)


@pytest.mark.parametrize("seed", range(5))
def test_whoever_looks_on_changes_nothing(seed: int) -> None:
    plain, traced = (attempts(racing).attempt(Random(seed), traced=traced) for traced in (False, True))

    assert (plain.digest, plain.decisions, plain.signature) == (traced.digest, traced.decisions, traced.signature)
    assert plain.behaviour == traced.behaviour


def test_a_story_says_why_each_event_was_asked_for() -> None:
    async def main() -> None:
        async def child() -> None:
            await asyncio.sleep(0.2)

        await asyncio.sleep(0.1)
        await asyncio.create_task(child(), name="child")

    story = attempts(main).attempt(Default(), traced=True).story
    assert story is not None
    first, second = story.happenings

    assert (story.causes[second.id], second.home) == (first.id, "main")
    assert Descent(story.causes).follows(second.id, first.id)
    assert not Descent(story.causes).follows(first.id, second.id)


async def _served(clients: int) -> list[str]:
    log: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = (await reader.readline()).decode().strip()
        await asyncio.sleep(0.001)
        log.append(name)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 8000)

    async def call(name: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", 8000)
        writer.write(f"{name}\n".encode())
        await reader.read()
        writer.close()

    async with server:
        await asyncio.gather(*(call(f"client-{number}") for number in range(clients)))
    return log


def ids(clients: int, order: Any) -> set[Any]:
    """The ids of everything that comes by the network or by time, when clients connect in this order."""

    async def main() -> None:
        await _served(clients)

    story = attempts(main).attempt(order, traced=True).story
    assert story is not None
    return {each.id for each in story.happenings if not each.goes_on}


def test_ids_of_what_the_network_brings_survive_that_other_things_move() -> None:
    usual = ids(3, Default())

    assert all(ids(3, Random(seed, slack=0)) == usual for seed in range(10))


def test_a_socket_of_another_task_changes_no_id() -> None:
    def main(*, other: bool) -> Any:
        async def program() -> None:
            async def intrude() -> None:
                await asyncio.sleep(0.0005)
                for _ in range(3):
                    one, two = socket.socketpair()
                    one.close()
                    two.close()

            task = asyncio.create_task(intrude() if other else asyncio.sleep(0))
            await asyncio.create_task(_served(1), name="work")
            await task

        return program

    stories = [attempts(main(other=other)).attempt(Default(), traced=True).story for other in (False, True)]
    without, with_other = ({each.id for each in story.happenings} for story in stories if story is not None)

    assert with_other > without


CLAIMS = [
    ("always", lambda: detrun.always("sum", [])),
    ("unreachable", lambda: detrun.unreachable("here")),
    ("eventually", lambda: detrun.eventually("done", lambda: False)),
]


@pytest.mark.parametrize(("kind", "claim"), CLAIMS)
def test_a_broken_claim_fails_a_run_whoever_catches_it(kind: str, claim: Any) -> None:
    async def main() -> None:
        with contextlib.suppress(AssertionError):
            claim()

    signature = attempts(main).attempt(Default()).signature

    assert signature is not None
    assert signature.kind == kind


def test_what_happens_sometimes_is_noted() -> None:
    async def main() -> None:
        for name, happened in (("never", False), ("once", True), ("once", False)):
            detrun.sometimes(name, happened)

    assert attempts(main).attempt(Default()).sometimes == {"never": False, "once": True}


async def _fails() -> None:
    raise ValueError("nobody asks")


def _never_retrieved() -> Any:
    async def main() -> None:
        task = asyncio.create_task(_fails())
        await asyncio.sleep(0.1)
        del task

    return main


def _never_retrieved_and_alive() -> Any:
    tasks: list[Any] = []

    async def main() -> None:
        tasks.append(asyncio.create_task(_fails()))
        await asyncio.sleep(0.1)

    return main


def _in_a_callback() -> Any:
    async def main() -> None:
        asyncio.get_running_loop().call_soon(int, "x")
        await asyncio.sleep(0.1)

    return main


def _stuck() -> Any:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    return main


def _endless() -> Any:
    async def main() -> None:
        while True:
            await asyncio.sleep(0)

    return main


ORACLES = [
    (_never_retrieved, "unretrieved", "ValueError"),
    (_never_retrieved_and_alive, "unretrieved", "ValueError"),
    (_in_a_callback, "callback", "ValueError"),
    (_stuck, "stuck", ""),
    (_endless, "limit", ""),
]


@pytest.mark.parametrize(("program", "kind", "error"), ORACLES)
def test_what_goes_wrong_beside_the_result_is_a_failure_too(program: Any, kind: str, error: str) -> None:
    signature = attempts(program(), max_steps=20_000).attempt(Default()).signature

    assert signature is not None
    assert (signature.kind, signature.type) == (kind, error)


async def _leaves_a_task() -> None:
    asyncio.get_running_loop().kept = asyncio.create_task(asyncio.sleep(100))  # type: ignore[attr-defined]
    await asyncio.sleep(0)


async def _leaves_a_connection() -> None:
    one, other = socket.socketpair()
    one.close()
    asyncio.get_running_loop().kept = other  # type: ignore[attr-defined]


async def _leaves_nothing() -> None:
    one, other = socket.socketpair()
    one.close()
    other.close()
    await asyncio.create_task(asyncio.sleep(1))


LEAKS = [(_leaves_a_task, "task sleep"), (_leaves_a_connection, "connection"), (_leaves_nothing, None)]


@pytest.mark.parametrize("inside", ["a loop of ours", "asyncio.run"])
@pytest.mark.parametrize(("program", "label"), LEAKS)
def test_what_is_left_fails_a_run_only_if_that_is_asked_for(program: Any, label: str | None, inside: str) -> None:
    main = program if inside == "a loop of ours" else lambda: asyncio.run(program())
    asked, plain = (attempts(main, leaks=leaks).attempt(Default()).signature for leaks in (True, False))

    assert plain is None
    assert (None if asked is None else (asked.kind, asked.label)) == (None if label is None else ("leak", label))
