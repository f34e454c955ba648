"""The list of single deviations: the likely ones first, nothing that cannot matter, and arrivals a few turns late."""

from __future__ import annotations

import asyncio

from msgspec import structs

from detrun.explore import systematic
from detrun.explore.attempt import Attempts
from detrun.explore.performing import Performer
from detrun.explore.search import Bounds, Search
from detrun.explore.story import Choice, Happening, Question, Story
from detrun.model import Answer, EventId, Hold
from detrun.scheduler.strategies.holds import Holds


def event(number: int) -> EventId:
    return EventId((number, 1))


def story(*homes: str, causes: dict[int, int] | None = None, alone: bool = True) -> Story:
    """One happening for each home, in this order, each of which could have come late."""
    happenings = tuple(Happening(event(number), home, number, 0, alone=alone) for number, home in enumerate(homes))
    ids = tuple(each.id for each in happenings)
    known = {event(later): event(first) for later, first in (causes or {}).items()}
    choices = tuple(Choice(place, (ids[place],), 0) for place in range(len(ids) - 1))
    return Story(happenings, choices, (), known)


def pairs(told: Story) -> set[tuple[int, int]]:
    return {(hold.event[0], hold.until[0]) for hold in holds(told)}


def holds(told: Story) -> list[Hold]:
    return [each for each in systematic.deviations(told) if isinstance(each, Hold)]


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
    near = tuple(Choice(9, (event(0), event(other)), 0) for other in (7, 8))
    fault = Question(event(5), 2)
    told = structs.replace(told, choices=(*told.choices, *near), questions=(fault,))

    assert systematic.deviations(told)[:4] == [
        Hold(event(0), event(7)),
        Hold(event(0), event(2)),
        Answer(event(5), 1),
        Hold(event(0), event(8)),
    ]


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


def test_the_list_is_the_same_each_time() -> None:
    stories = [Attempts(lambda: a_few_turns).attempt(Holds(()), traced=True).story for _ in range(2)]
    lists = [systematic.deviations(told) for told in stories if told is not None]

    assert lists[0] == lists[1] != []
