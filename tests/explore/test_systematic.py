"""The list of single deviations: the likely ones first, nothing that cannot matter, and arrivals a few turns late."""

from __future__ import annotations

import asyncio
import random
from itertools import islice

import pytest
from msgspec import structs

from detrun.explore.attempt import Attempts
from detrun.explore.performing import Performer
from detrun.explore.search import Bounds, Search
from detrun.explore.story import Choice, Happening, Question, Story
from detrun.explore.systematic import Deviations, Pairs
from detrun.model import Answer, EventId, Hold
from detrun.scheduler.strategies.holds import Holds


def event(number: int) -> EventId:
    return EventId((number, 1))


def story(*homes: str, causes: dict[int, int] | None = None, alone: bool = True) -> Story:
    """One happening for each home, in this order, each of which could have come late."""
    happenings = tuple(Happening(event(number), home, alone=alone) for number, home in enumerate(homes))
    ids = tuple(each.id for each in happenings)
    known = {event(later): event(first) for later, first in (causes or {}).items()}
    choices = tuple(Choice((ids[place],), 0) for place in range(len(ids) - 1))
    return Story(happenings, choices, (), known)


def pairs(told: Story) -> set[tuple[int, int]]:
    return {(hold.event[0], hold.until[0]) for hold in holds(told)}


def holds(told: Story) -> list[Hold]:
    return [each for each in Deviations(told) if isinstance(each, Hold)]


def test_what_comes_later_could_have_come_first() -> None:
    assert pairs(story("a", "a", "a")) == {(0, 1), (0, 2), (1, 2)}


def test_what_follows_from_it_could_not() -> None:
    assert pairs(story("a", "a", "a", causes={1: 0, 2: 1})) == set()


def test_units_share_no_memory() -> None:
    assert pairs(story("a", "b", "a", "b")) == {(0, 2), (1, 3)}


def test_whatever_shares_memory_may_conflict() -> None:
    assert pairs(story("network", "main", alone=False)) == {(0, 1)}


def test_what_is_far_comes_first() -> None:
    found = holds(story("a", "a", "a", "a"))

    assert found == sorted(found, key=lambda hold: (hold.event[0] - hold.until[0], hold.event[0]))


def test_near_misses_far_pairs_and_faults_take_turns() -> None:
    told = story("a", "a", "a")
    near = tuple(Choice((event(0), event(other)), 0) for other in (7, 8))
    fault = Question(event(5), 2)
    told = structs.replace(told, choices=(*told.choices, *near), questions=(fault,))

    assert list(Deviations(told))[:4] == [
        Hold(event(0), event(7)),
        Hold(event(0), event(2)),
        Answer(event(5), 1),
        Hold(event(0), event(8)),
    ]


def generated(seed: int) -> Story:
    """Some happenings of which some follow from others, share a heap or not, and could come late or not."""
    draw = random.Random(seed)
    size = draw.randrange(2, 25)
    causes = {later: draw.randrange(later) for later in range(1, size) if draw.random() < 0.5}
    told = story(*(draw.choice("abc") for _ in range(size)), causes=causes)
    alone = {home: draw.random() < 0.5 for home in "abc"}
    happenings = tuple(structs.replace(each, alone=alone[each.home]) for each in told.happenings)
    some = tuple(event(number) for number in range(size) if draw.random() < 0.7)
    choices = tuple(Choice(tuple(draw.choices(some, k=2)), 0) for _ in range(draw.randrange(size)) if some)
    return structs.replace(told, happenings=happenings, choices=choices)


def pairs_by_definition(told: Story) -> list[Hold]:
    """Whatever could have come late, before whatever came later, conflicts with it, and does not follow from it."""

    def follows(later: EventId, first: EventId) -> bool:
        cause = told.causes.get(later)
        return cause is not None and (cause == first or follows(cause, first))

    found = [
        (place - later, place, Hold(first.id, other.id))
        for place, first in enumerate(told.happenings)
        for later, other in enumerate(told.happenings[place + 1 :], start=place + 1)
        if first.home == other.home or not (first.alone and other.alone)
        if not follows(other.id, first.id)
        if any(first.id in choice.enabled for choice in told.choices)
    ]
    return [hold for _, _, hold in sorted(found, key=lambda pair: pair[:2])]


@pytest.mark.parametrize("seed", range(40))
def test_the_list_has_what_it_should_in_order_and_its_length_is_known_before(seed: int) -> None:
    told = generated(seed)
    near = {Hold(choice.enabled[0], choice.enabled[1]) for choice in told.choices}

    assert [hold for hold in holds(told) if hold not in near] == [
        hold for hold in pairs_by_definition(told) if hold not in near
    ]
    assert {*pairs_by_definition(told)} <= {*holds(told)}
    assert len(Deviations(told)) == len(list(Deviations(told)))
    assert all(hold in Pairs(told) for hold in pairs_by_definition(told))


def test_of_a_long_run_nobody_has_them_all_at_once() -> None:
    """Two hundred million are neither made nor kept: the first are there at once, and some of all the others."""
    size = 20_000
    told = Deviations(story(*["a"] * size))

    assert len(told) == size * (size - 1) // 2
    assert list(islice(told, 2)) == [Hold(event(0), event(size - 1)), Hold(event(0), event(size - 2))]
    some = told.some(1_000)
    assert len({*some}) == len(some) > 900
    assert max(hold.event[0] for hold in some) > size // 2


async def a_few_turns() -> None:
    """Wrong only if the second line arrives in the fourth turn after the first."""
    turns, seen = 0, list[int]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal turns
        if await reader.readline() == b"first\n":
            for turns in range(1, 8):  # noqa: B007  # who comes second reads it
                await asyncio.sleep(0)
        else:
            seen.append(turns)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 8000)
    writers = [(await asyncio.open_connection("127.0.0.1", 8000))[1] for _ in range(2)]
    for writer, line in zip(writers, (b"first\n", b"second\n"), strict=True):
        writer.write(line)
    await asyncio.sleep(0.1)
    for writer in writers:
        writer.close()
    server.close()
    assert seen != [5], seen


def test_what_arrives_also_arrives_some_turns_late() -> None:
    search = Search(Performer(Attempts(lambda: a_few_turns)), Bounds("holds"))
    search.run()

    assert len(search.found) == 1


async def a_timeout_behind_others() -> None:
    """Wrong only if a timeout comes, and other timers before it, before whoever does not need it takes it back."""
    seen: list[str] = []
    loop = asyncio.get_running_loop()
    for number in range(8):
        loop.call_later(0.011 + number / 10_000, seen.append, "other")
    timeout = loop.call_later(0.012, seen.append, "timeout")
    await asyncio.sleep(0.010)
    timeout.cancel()
    await asyncio.sleep(0.010)
    assert seen == ["other"] * 8, seen


def test_what_is_late_is_also_later_than_timers_that_never_come_by_default() -> None:
    search = Search(Performer(Attempts(lambda: a_timeout_behind_others)), Bounds("holds"))
    search.run()

    assert len(search.found) == 1


def test_the_list_is_the_same_each_time() -> None:
    stories = [Attempts(lambda: a_few_turns).attempt(Holds(()), traced=True).story for _ in range(2)]
    lists = [list(Deviations(told)) for told in stories if told is not None]

    assert lists[0] == lists[1] != []
