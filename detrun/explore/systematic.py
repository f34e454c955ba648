"""Every single deviation from the default schedule that may matter, the likeliest first; the same each time.

This is complete for one hold: if some schedule fails that differs from the default in one event that waits for another,
it is among these, or one that nobody could tell from it. The default schedule tells the most of them. What happens only
because something is late (another turn, a second attempt) the run tells in which that is as late as it can be: up to
whatever overtakes it there, it is the run in which it waits for just that. There are as many as pairs of events: of a
long run nobody has them all at once.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

from detrun.explore.descent import Descent
from detrun.explore.nearing import NEVER
from detrun.model import Answer, EventId, Hold
from detrun.scheduler.draws import Draws
from detrun.scheduler.strategies.drawing import GOES_ON

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from detrun.explore.story import Happening, Story

# Ways in which one fault may happen that are tried each; there are as many as bytes in a chunk.
_WAYS = 3
# How many turns of a loop an arrival is late at most, where no other event is what it waits for.
_TURNS = 6


class Deviations:
    """The holds and faults of which each is a schedule of its own, by what the default schedule told.

    Those that differ least, those that differ most, faults, and what is later than several timers take turns: whichever
    it takes is not far.
    """

    def __init__(self, story: Story) -> None:
        self._story = story
        self._pairs = Pairs(story)
        self._others = {*_at_choices(story), *_together(story), *_turns_later(story)}

    def __iter__(self) -> Iterator[Hold | Answer]:
        likely = _by_turns(_at_choices(self._story), self._pairs, _faults(self._story), _together(self._story))
        return _once(chain(likely, _turns_later(self._story)))

    def __len__(self) -> int:
        story = self._story
        return len(self._pairs) + sum(each not in self._pairs for each in self._others) + len({*_faults(story)})

    def __contains__(self, hold: Hold) -> bool:
        return hold in self._others or hold in self._pairs

    def some(self, most: int) -> list[Hold]:
        """So many holds at most: where there are more, the likely ones and some of the others in equal parts."""
        holds = list(islice((each for each in self if isinstance(each, Hold)), most))
        return holds if len(holds) < most else [*holds[: most // 2], *self._pairs.drawn(most // 2)]


class Latest:
    """Whatever could be late, as late as it can be: what came by default where something else could have."""

    def __init__(self, story: Story) -> None:
        self._known = {each.id: each for each in story.happenings}
        self._events = list(dict.fromkeys(choice.enabled[choice.chosen] for choice in story.choices))

    def __iter__(self) -> Iterator[Hold]:
        return (Hold(event, NEVER) for event in self._events)

    def __len__(self) -> int:
        return len(self._events)

    def until_each(self, overtaking: Mapping[EventId, Sequence[EventId]]) -> Iterator[Hold]:
        """Each until whatever overtook it then, as far as their order can matter."""
        known = self._known
        for event in self._events:
            for until in overtaking.get(event, ()):
                if until not in known or event not in known or _conflict(known[event], known[until]):
                    yield Hold(event, until)


def _by_turns(*rows: Iterable[Hold | Answer]) -> Iterator[Hold | Answer]:
    return (each for column in zip_longest(*rows) for each in column if each is not None)


def _once(deviations: Iterable[Hold | Answer]) -> Iterator[Hold | Answer]:
    seen = set()
    for each in deviations:
        if each not in seen:
            seen.add(each)
            yield each


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
    """What is so late that several timers come before it, of those that waited then."""
    return (Hold(choice.enabled[choice.chosen], each) for choice in story.choices for each in choice.behind)


class Pairs:
    """What came later and might have come first, for whatever came by a channel or is a thread; what is far first."""

    def __init__(self, story: Story) -> None:
        # A loop that goes on waits for nothing but what could happen then: nobody else asks for anything meanwhile.
        self._happenings = [each for each in story.happenings if not each.goes_on]
        self._places = {each.id: place for place, each in enumerate(self._happenings)}
        self._descent = Descent(story.causes)
        # What falls due is not kept waiting.
        self._can_wait = {event for choice in story.choices for event in choice.enabled}
        self._movable = [place for place, each in enumerate(self._happenings) if each.id in self._can_wait]

    def __iter__(self) -> Iterator[Hold]:
        for distance in range(len(self._happenings) - 1, 0, -1):
            for place in self._movable[: bisect_right(self._movable, len(self._happenings) - 1 - distance)]:
                if self._are_free(place, place + distance):
                    yield self._hold(place, place + distance)

    def __contains__(self, hold: Hold) -> bool:
        first, later = self._places.get(hold.event), self._places.get(hold.until)
        if first is None or later is None or first >= later:
            return False
        return hold.event in self._can_wait and self._are_free(first, later)

    def __len__(self) -> int:
        crowds = _Crowds(self._happenings, self._descent)
        return sum(crowds.conflicts(place) for place in self._movable)

    def drawn(self, number: int) -> list[Hold]:
        """Some of them, whichever; the same each time."""
        below = Draws(len(self._happenings)).below
        firsts = [place for place in self._movable if place + 1 < len(self._happenings)]
        tried = (
            (first := firsts[below(len(firsts))], first + 1 + below(len(self._happenings) - first - 1))
            for _ in range(number)
            if firsts
        )
        return list(dict.fromkeys(self._hold(*pair) for pair in tried if self._are_free(*pair)))

    def _are_free(self, first: int, later: int) -> bool:
        one, other = self._happenings[first], self._happenings[later]
        return _conflict(one, other) and not self._descent.follows(other.id, one.id)

    def _hold(self, first: int, later: int) -> Hold:
        return Hold(self._happenings[first].id, self._happenings[later].id)


class _Crowds:
    """Counts what a happening conflicts with: by place, what comes later, and by descent, what follows from it."""

    def __init__(self, happenings: list[Happening], descent: Descent) -> None:
        self._happenings = happenings
        self._descent = descent
        # By home, of those that share their heap with nobody; of all others together.
        self._places: dict[str | None, list[int]] = {}
        self._numbers: dict[str | None, list[int]] = {}
        for place, each in enumerate(happenings):
            home = each.home if each.alone else None
            self._places.setdefault(home, []).append(place)
            self._numbers.setdefault(home, []).append(descent.span(each.id)[0])
        for numbers in self._numbers.values():
            numbers.sort()

    def conflicts(self, place: int) -> int:
        """With how much of what comes later, and does not follow from it, this one may conflict."""
        each = self._happenings[place]
        first, last = self._descent.span(each.id)
        homes = {each.home, None} & self._places.keys() if each.alone else self._places.keys()
        later = sum(len(self._places[home]) - bisect_right(self._places[home], place) for home in homes)
        return later - sum(
            bisect_right(self._numbers[home], last) - bisect_right(self._numbers[home], first) for home in homes
        )


def _conflict(one: Happening, other: Happening) -> bool:
    """Whether their order can matter: contexts have a heap each, and all else of a plain program shares one."""
    return one.home == other.home or not (one.alone and other.alone)
