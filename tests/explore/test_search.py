"""The search finds what a single hold can show by that alone, and the same in any number of processes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import detrun
from detrun.explore.attempt import Attempts
from detrun.explore.performing import Performer
from detrun.explore.portfolio import NAMED
from detrun.explore.search import Bounds, Search
from detrun.explore.settling import settled
from tests.explore import programs


def searched(program: Any, **bounds: Any) -> Search:
    search = Search(Performer(Attempts(lambda: program)), Bounds(**{"runs": 300, **bounds}))
    search.run()
    return search


def facts(search: Search) -> Any:
    """What has to be the same however a search is run."""
    found = [(signature, each.schedule, each.hits, each.first) for signature, each in search.found.items()]
    return found, search.schedules, search.seen.distinct, search.holds, search.held


@pytest.mark.parametrize("name", programs.RACES)
def test_single_holds_find_a_race_that_stock_asyncio_does_not_show(name: str) -> None:
    program = programs.RACES[name]

    assert detrun.run(program, strategy="default").outcome == "ok"
    assert len(searched(program, strategy="holds").found) == 1


@pytest.mark.parametrize("strategy", [name for name in NAMED if name != "holds"])
def test_every_strategy_finds_a_lost_update(strategy: str) -> None:
    assert searched(programs.lost_update, strategy=strategy).found


@pytest.mark.parametrize("strategy", NAMED)
def test_no_strategy_reports_a_program_that_is_right(strategy: str) -> None:
    search = searched(programs.locked_update, strategy=strategy, runs=300)

    assert (search.found, search.schedules > 1) == ({}, True)


@pytest.mark.parametrize("keep_going", [False, True])
@pytest.mark.parametrize("name", [*programs.RACES, "locked_update", "drawn"])
def test_processes_that_share_a_search_find_the_same(name: str, keep_going: bool) -> None:  # noqa: FBT001
    program = getattr(programs, name)
    alone, shared = (facts(searched(program, keep_going=keep_going, jobs=jobs)) for jobs in (1, 2))

    assert alone == shared


def test_the_same_search_is_the_same_again() -> None:
    assert facts(searched(programs.lost_update, keep_going=True)) == facts(
        searched(programs.lost_update, keep_going=True)
    )


def test_shards_together_try_every_single_hold_once() -> None:
    whole = searched(programs.late_reply, strategy="holds", keep_going=True)
    parts = [
        searched(programs.late_reply, strategy="holds", keep_going=True, shard=shard, shards=3) for shard in range(3)
    ]

    assert sum(part.held for part in parts) == whole.held
    assert {each.first for part in parts for each in part.found.values()} >= {
        each.first for each in whole.found.values()
    }


def test_the_first_failure_ends_a_search_unless_it_is_to_keep_going() -> None:
    first = searched(programs.drawn, strategy="random")
    all_of_them = searched(programs.drawn, strategy="random", keep_going=True)

    assert next(iter(first.found.values())).first == first.schedules
    assert (all_of_them.schedules, next(iter(all_of_them.found.values())).hits > 20) == (300, True)


def test_with_fixed_entropy_every_schedule_draws_the_same() -> None:
    assert not searched(programs.drawn, fixed_entropy=True).found


def test_a_program_with_nothing_to_choose_has_no_holds() -> None:
    search = searched(programs.sequential, strategy="holds")

    assert (search.schedules, search.holds, search.complete) == (1, 0, True)


def test_a_search_ends_with_its_time() -> None:
    search = searched(programs.locked_update, runs=None, seconds=0.2, keep_going=True)

    assert search.schedules > 1
    assert search.seconds < 2


@pytest.mark.parametrize("name", programs.RACES)
def test_a_failure_is_settled_by_a_plan_that_has_it_again(name: str) -> None:
    performer = Performer(Attempts(lambda: programs.RACES[name]))
    search = Search(performer, Bounds("sticky", 500))
    search.run()
    (found,) = search.found.values()

    told, _ = settled(performer, found)

    assert performer.attempts.again(told.plan).signature == found.signature
    assert (told.planned, told.minimal, len(told.holds)) == (True, True, 1)


def test_what_failed_before_is_tried_first() -> None:
    performer = Performer(Attempts(lambda: programs.lost_update))
    search = Search(performer, Bounds("holds", 500))
    search.run()
    (found,) = search.found.values()
    again = Search(performer, Bounds("holds", 500))

    assert again.try_again(settled(performer, found)[0].plan)
    again.run()

    assert (list(again.found), again.schedules, again.again) == ([found.signature], 0, 1)


def test_what_never_happened_sometimes_is_known() -> None:
    async def main() -> None:
        detrun.sometimes("never", [])
        detrun.sometimes("always", [1])

    assert searched(main).sometimes == {"never": False, "always": True}


async def juggling() -> None:
    """Right by asyncio's promise that what is ready first comes first."""
    log: list[int] = []
    for number in range(2):
        asyncio.get_running_loop().call_soon(log.append, number)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert log in ([0, 1], [])


@pytest.mark.parametrize(("level", "found"), [(1, 0), (2, 0), (3, 1)])
def test_what_asyncio_promises_is_permuted_only_on_request(level: int, found: int) -> None:
    search = Search(Performer(Attempts(lambda: juggling, level=level)), Bounds(runs=100))
    search.run()

    assert len(search.found) == found


async def polling() -> None:
    """Asks again and again whether the answer to one question has come."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 8000)
    reader, writer = await asyncio.open_connection("127.0.0.1", 8000)
    writer.write(b"done?\n")
    asking = asyncio.create_task(reader.readline())
    while not asking.done():
        await asyncio.sleep(1)
    writer.close()
    server.close()


@pytest.mark.parametrize("strategy", NAMED)
def test_whoever_polls_is_no_livelock(strategy: str) -> None:
    assert searched(polling, strategy=strategy, runs=60, keep_going=True).found == {}


async def hasty() -> None:
    """Trusts that a connection which was made stays."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 8000)
    reader, writer = await asyncio.open_connection("127.0.0.1", 8000)
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    writer.close()
    server.close()


def test_every_single_fault_is_tried_and_named() -> None:
    performer = Performer(Attempts(lambda: hasty, kinds=["reset", "duplicate"]))
    search = Search(performer, Bounds("holds", keep_going=True))
    search.run()
    (way,) = (way for way in search.found.values() if way.signature.type == "ConnectionResetError")

    told, _ = settled(performer, way)

    assert [fault.partition(" at ")[0] for fault in told.faults] == ["reset"]
    assert not searched(hasty, strategy="holds", keep_going=True).found
