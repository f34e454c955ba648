"""No single hold is missed: whatever one comes to, of all that there could be, the search comes to as well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings

from detrun.explore.attempt import Attempts
from detrun.explore.nearing import NEVER
from detrun.explore.performing import Performer
from detrun.explore.portfolio import FOREVER
from detrun.explore.quiet import silence
from detrun.explore.search import Bounds, Search
from detrun.explore.trial import Trial, Trials
from detrun.model import SLACK, EventId, Hold, Plan
from tests.explore.playing import play
from tests.laws.arms import collector_at_rest
from tests.laws.deeds import Program
from tests.laws.programs import programs as generated
from tests.laws.schedules import PLAIN

# What takes longer tries fewer programs.
MOST = 400
Known = dict[EventId, None]


def came_to(search: Search, logs: list[Any]) -> set[str]:
    """All that the schedules of a search came to."""
    logs.clear()
    search.run()
    return set(logs)


def by_hand(program: Callable[[], Any], logs: list[Any]) -> set[str] | None:
    """What any event comes to that waits for any other, or for one that only shows then; nothing if those are many."""
    trials = Trials(lambda level: Attempts(lambda: program, level=level))
    base = trials(Plan(delay=FOREVER, slack=SLACK))
    events, known = met(base), dict.fromkeys((NEVER, *met(base)))
    found: set[str] = set()
    tried: set[Hold] = set()
    while holds := [hold for until in known for event in events if (hold := Hold(event, until)) not in tried]:
        if len(holds) + len(tried) > MOST:
            return None
        for hold in holds:
            tried.add(hold)
            logs.clear()
            trial = trials(Plan((hold,), delay=FOREVER, slack=SLACK))
            if not trial.released or hold.until == NEVER:
                found |= set(logs)
                known |= dict.fromkeys(met(trial))
    return found


def met(trial: Trial) -> list[EventId]:
    """What happened in a run, or could have."""
    watched = trial.watched
    return list(dict.fromkeys([*(event for choice in watched.choices for event in choice.events), *watched.order]))


def played(program: Program, logs: list[Any]) -> Callable[[], None]:
    """A generated program, which says at its end what it was."""

    def main() -> None:
        log: list[tuple[object, ...]] = []
        try:
            play(program, log)
        finally:
            logs.append(repr([entry[:-1] for entry in log]))

    return main


def check_generated(examples: int) -> tuple[int, int]:
    """Of how many programs all holds were tried, and how much they came to."""
    compared = different = 0

    @settings(PLAIN, max_examples=examples)
    @given(generated())
    def check(program: Program) -> None:
        nonlocal compared, different
        logs: list[Any] = []
        main = played(program, logs)
        with collector_at_rest(), silence():
            if (wanted := by_hand(main, logs)) is None:
                return
            search = Search(Performer(Attempts(lambda: main)), Bounds("holds", keep_going=True))
            assert wanted <= came_to(search, logs)
            assert search.complete
        compared, different = compared + 1, different + len(wanted)

    check()
    return compared, different


def test_all_that_a_single_hold_can_do_is_tried() -> None:
    compared, different = check_generated(16)

    assert compared > 8
    assert different > compared


@pytest.mark.soak
def test_all_that_a_single_hold_can_do_is_tried_in_five_hundred_programs() -> None:
    compared, _ = check_generated(500)

    assert compared > 250


def searched(program: Callable[[], Any], **bounds: Any) -> Search:
    search = Search(Performer(Attempts(lambda: program)), Bounds(**{"strategy": "holds", **bounds}))
    search.run()
    return search


async def an_answer_just_after_its_timeout() -> None:
    """Wrong only if the answer comes between a timeout, which is never the next timer, and what is waited then."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(1)

    async with serving() as ask:
        heart = asyncio.create_task(beat())
        await asyncio.sleep(0)
        question = asyncio.create_task(ask())
        done, _ = await asyncio.wait([question], timeout=5.5)
        if not done:
            await asyncio.sleep(0.1)
            assert not question.done()
        heart.cancel()
        question.cancel()


async def an_answer_after_that_to_a_retry() -> None:
    """Wrong only if the first answer comes after the second, to what is asked because the first is late, and soon."""
    async with serving() as ask:
        first = asyncio.create_task(ask())
        done, _ = await asyncio.wait([first], timeout=0.1)
        if not done:
            await ask()
            was_done = first.done()
            await asyncio.sleep(0.1)
            assert was_done or not first.done()
        first.cancel()


async def a_turn_that_lasts_until_two_timeouts() -> None:
    """Wrong only if a turn lasts so long that two of three timeouts come first, none of them by default."""
    event, late = asyncio.Event(), list[float]()

    async def expect(seconds: float) -> None:
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            late.append(seconds)

    waiting = [asyncio.create_task(expect(seconds)) for seconds in (0.012, 0.016, 0.02)]
    await asyncio.sleep(0.01)
    for _ in range(3):
        await asyncio.sleep(0)
    event.set()
    await asyncio.gather(*waiting)
    assert len(late) != 2


@asynccontextmanager
async def serving() -> AsyncIterator[Callable[[], Coroutine[Any, Any, bytes]]]:
    """A server that answers with what it is asked; gives what asks it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", 8000)
        writer.write(b"question\n")
        try:
            return await reader.readline()
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 8000):
        yield ask


@pytest.mark.parametrize(
    "program", [an_answer_just_after_its_timeout, an_answer_after_that_to_a_retry, a_turn_that_lasts_until_two_timeouts]
)
def test_what_happens_only_because_something_is_late_is_waited_for(program: Any) -> None:
    assert len(searched(program).found) == 1


def test_a_search_that_is_cut_short_is_not_complete() -> None:
    whole = searched(an_answer_after_that_to_a_retry, keep_going=True)
    cut = [
        searched(an_answer_after_that_to_a_retry, keep_going=True, runs=runs)
        for runs in (1, whole.schedules - 1, whole.schedules)
    ]

    assert whole.complete
    assert [each.complete for each in cut] == [False, False, True]
