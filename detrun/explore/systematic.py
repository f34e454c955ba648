"""Every single deviation from the default schedule that may matter, the likeliest first; the same list every time.

This is complete for one hold: if some schedule fails that differs from the default in one event that waits for another,
it is among these, or one that nobody could tell from it.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from detrun.model import SLACK, Answer, EventId, Hold
from detrun.scheduler.strategies.drawing import GOES_ON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from detrun.explore.story import Happening, Story

# Ways in which one fault may happen that are tried each; there are as many as bytes in a chunk.
_WAYS = 3
# How many turns of a loop an arrival is late at most, where no other event is what it waits for.
_TURNS = 6
# How many timers come before one turn at most.
_TIMERS = 4


def deviations(story: Story) -> list[Hold | Answer]:
    """The holds and faults of which each is a schedule of its own, by what the default schedule told.

    Those that differ least, those that differ most, and faults take turns: whichever it takes is not far.
    """
    pairs = sorted(_pairs(story), key=lambda pair: (-pair[0], pair[1]))
    likely = _by_turns(_at_choices(story), (hold for _, _, hold in pairs), _faults(story))
    return list(dict.fromkeys([*likely, *_together(story), *_turns_later(story)]))


def _by_turns(*rows: Iterable[Hold | Answer]) -> Iterator[Hold | Answer]:
    return (each for column in zip_longest(*rows) for each in column if each is not None)


def _faults(story: Story) -> list[Answer]:
    return [
        Answer(question.id, answer)
        for question in story.questions
        for answer in range(1, min(question.options, _WAYS + 1))
    ]


def _at_choices(story: Story) -> Iterator[Hold]:
    """What could have come first where something else did: the nearest miss there is."""
    for choice in story.choices:
        chosen = choice.enabled[choice.chosen]
        for event in choice.enabled:
            if event != chosen:
                yield Hold(chosen, event)


def _turns_later(story: Story) -> Iterator[Hold]:
    """What arrived and could have come a few turns later: as long as nothing else happens, those are counted."""
    for choice in story.choices:
        chosen = choice.enabled[choice.chosen]
        for event in choice.enabled:
            if event != chosen and story.chains.get(event) == GOES_ON:
                yield from (Hold(chosen, EventId((event[0], event[1] + more))) for more in range(1, _TURNS))


def _together(story: Story) -> Iterator[Hold]:
    """A turn so late that several timers come before it, of those that waited when it began."""
    rows = _timers(story)
    places = {each.id: (row, place) for row in rows for place, each in enumerate(row)}
    for choice in story.choices:
        chosen = choice.enabled[choice.chosen]
        if story.chains.get(chosen) != GOES_ON:
            continue
        for event in choice.enabled:
            row, place = places.get(event, ((), 0))
            for each in row[place + 1 : place + _TIMERS]:
                if each.asked < choice.step and each.instant <= row[place].instant + SLACK:
                    yield Hold(chosen, each.id)


def _timers(story: Story) -> list[list[Happening]]:
    """The timers of each context, in order."""
    rows: dict[str, list[Happening]] = {}
    for each in story.happenings:
        if isinstance(each.chain, str):
            rows.setdefault(each.chain, []).append(each)
    return list(rows.values())


def _pairs(story: Story) -> Iterator[tuple[int, int, Hold]]:
    """What came later and might have come first, for whatever came by a channel or is a thread; how far away."""
    # A loop that goes on waits for nothing but what could happen then, since nobody else asks for anything meanwhile.
    happenings = [each for each in story.happenings if not each.goes_on]
    movable = {event for choice in story.choices for event in choice.enabled}
    for place, first in enumerate(happenings):
        if first.id not in movable:
            continue  # it fell due, and whatever falls due is not kept waiting
        for later in range(place + 1, len(happenings)):
            other = happenings[later]
            if _conflict(first, other) and not story.follows(other.id, first.id):
                yield later - place, place, Hold(first.id, other.id)


def _conflict(one: Happening, other: Happening) -> bool:
    """Whether their order can matter: contexts have a heap each, and all else of a plain program shares one."""
    return one.home == other.home or not (one.alone and other.alone)
