"""Faults that are less than others: what breaks may be late instead, and what is late may be less so."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from detrun.model import Answer, EventId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.explore.watching import Watching

# What may happen to a chunk, and when something arrives at a worker: of each the more harmless first.
_CHUNKS = ("merge", "split", "delay", "reset")
_ARRIVALS = ("hang-up", "reload", "crash")
# So many questions are asked of one of them.
_APART = max(len(_CHUNKS), len(_ARRIVALS))
# So many single ones are worth a run each.
_MOST = 200


def weaker(fault: Answer, without: Watching) -> Iterator[Answer]:
    """What is less than this fault, the least first. In the run without it all of these were asked."""
    about = without.about.get(fault.question)
    if about is None:
        yield from _less(fault.question, fault.answer)
        return
    for kind in more_harmless(about.kind):
        question = _instead(fault.question, kind, without)
        if question is not None:
            yield from _less(question, without.about[question].options)
    yield from _less(fault.question, fault.answer)


def more_harmless(kind: str) -> tuple[str, ...]:
    """What else might happen in the place of this kind of fault, and is less, the least first."""
    family = next((each for each in (_CHUNKS, _ARRIVALS) if kind in each), (kind,))
    return family[: family.index(kind)]


def single_faults(boring: Watching, kinds: tuple[str, ...]) -> list[Answer]:
    """Whatever could go wrong of these kinds in a run in which nothing does: the worst of it, and the least."""
    asked = [(question, boring.about[question]) for question in boring.asked if question in boring.about]
    answers = (
        Answer(question, answer)
        for question, about in asked
        if about.kind in kinds
        for answer in dict.fromkeys((about.options - 1, 1))
    )
    return list(islice(answers, _MOST))


def kinds_of(faults: tuple[Answer, ...], watched: Watching) -> tuple[str, ...]:
    """Which kinds of faults these are."""
    return tuple(sorted({watched.about[fault.question].kind for fault in faults if fault.question in watched.about}))


def _less(question: EventId, answer: int) -> Iterator[Answer]:
    # They are numbered by how bad they are.
    return (Answer(question, less) for less in range(1, answer))


def _instead(question: EventId, kind: str, without: Watching) -> EventId | None:
    """The question of another kind about the same chunk."""
    place, key = without.asked.index(question), without.about[question].key
    for other in without.asked[place + 1 : place + _APART]:
        about = without.about.get(other)
        if about is not None and (about.kind, about.key) == (kind, key):
            return other
    return None
