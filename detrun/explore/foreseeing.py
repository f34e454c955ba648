"""Foreseeing what a plan comes to, from runs that were made: who is given the same answers everywhere is the same run.

That a run follows from its answers is all that is taken for granted. No two events are taken to be independent: tasks
of a plain program share a heap, and whether their order changes anything is known when both were run.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import replace

from detrun.scheduler.choices import Continue
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.explore.schedules import Result
    from detrun.model import EventId, Plan
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.trace import Trace

# So many points are kept; what comes beyond them is run again.
_MOST = 100_000


class Offered(msgspec.Struct, frozen=True, eq=False, gc=False):
    """An event that was offered."""

    id: EventId


class Turn(Continue, frozen=True, gc=False):
    """That a turn went on, without its home, which would keep all of the run."""


class Point(msgspec.Struct, eq=False, gc=False):
    """Where a run was asked something: what happened since it was asked before, and what there was to choose.

    It is offered to holds once more, in the place of the choices then. `offered` is empty as long as only the default
    was looked at.
    """

    step: int
    eventful: int
    last: EventId
    news: tuple[EventId, ...]
    # The question, if it was one, or else the default; and what was answered, or chosen.
    about: EventId
    given: Any
    is_question: bool = False
    # Whether the default is that a turn goes on.
    goes_on: bool = False
    # All by which the default is known to whoever waits.
    names: tuple[EventId, ...] = ()
    along: bool = False
    turns: tuple[Turn, ...] = ()
    offered: tuple[Offered | Turn, ...] = ()

    def is_at(self, trace: Trace, question: EventId | None, *, along: bool = False) -> bool:
        """Whether this is where a run is."""
        asked = self.about if self.is_question else None
        return self.step == trace.step and self.along is along and self.last == trace.last and asked == question

    def oldest(self) -> Any:
        """The default."""
        return self.offered[0]

    def events(self) -> Sequence[Any]:
        """All that was offered."""
        return self.offered


def _offered(event: Event) -> Offered | Turn:
    return Turn(None, event.last, event.since) if type(event) is Continue else Offered(event.id)


class Noting(Holds):
    """Holds that take down their way, from a point on; what comes before is known."""

    def __init__(self, plan: Plan, since: Point | None = None) -> None:
        super().__init__(plan.holds, plan.slack, plan.faults, plan.delay, plan.without)
        self.path: list[Point] = []
        self._since = since
        self._news: list[EventId] = []

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        if self._since is None:
            self._listen()

    def choose(self, choices: Choices) -> Event:
        event = super().choose(choices)
        if self._since is None or self._arrives(None, along=choices.along):
            trace, default = self._trace, choices.oldest()
            known = default.id
            given = known if event is default else event.id
            point = Point(trace.step, trace.eventful, trace.last, self._heard(), known, given)
            point.goes_on, point.names = type(default) is Continue, (known,)
            if choices.listed:
                point.offered = tuple(map(_offered, choices.listed))
            if choices.along:
                point.along, point.turns = True, tuple(Turn(None, turn.last, turn.since) for turn in choices.turns)
                point.names = tuple(turn.id for turn in point.turns)
            self.path.append(point)
        return event

    def answer(self, step: int, question: EventId, options: int) -> int:
        answer = super().answer(step, question, options)
        if self._since is None or self._arrives(question):
            trace = self._trace
            self.path.append(
                Point(trace.step, trace.eventful, trace.last, self._heard(), question, answer, is_question=True)
            )
        return answer

    def _arrives(self, question: EventId | None, *, along: bool = False) -> bool:
        """Whether this is the last point that is known, where the way begins."""
        assert self._since is not None
        if not self._since.is_at(self._trace, question, along=along):
            return False
        self._since = None
        self._listen()
        return True

    def _listen(self) -> None:
        trace = self._trace
        trace.observers.append(lambda _: self._news.append(trace.last))

    def _heard(self) -> tuple[EventId, ...]:
        if not (news := self._news):
            return ()
        self._news = []
        return tuple(news)


class Branch(msgspec.Struct, eq=False):
    """How a run went on from a point, to its end; and the ways of others that were the same up to one of its points."""

    path: Sequence[Point]
    result: Result
    # By the number of the point at which they were given another answer, and that.
    others: dict[tuple[int, Any], Branch] = {}


class Foreseen(NamedTuple):
    """How far a plan's way is known: up to a point of another one's, or what it comes to."""

    branch: Branch | None = None
    place: int = 0
    result: Result | None = None

    @property
    def last(self) -> Point | None:
        """The last point that is known."""
        return None if self.branch is None else self.branch.path[self.place]


class Foresight:
    """All ways that were taken, each world's in a tree."""

    def __init__(self) -> None:
        self._roots: dict[Plan, Branch] = {}
        self._size = 0
        # Not any more once a run was another one than foreseen: it follows from something else, too.
        self._trusted = True

    def of(self, plan: Plan, holds: Holds | None = None) -> Foreseen:
        """What is known of a plan. New holds of it know afterwards what they would know after a run."""
        branch = self._roots.get(_world(plan)) if self._trusted else None
        if branch is None:
            return Foreseen()
        answer = _answers(holds or Holds.of(plan))
        while True:
            left = next(
                ((place, given) for place, point in enumerate(branch.path) if (given := answer(point)) != point.given),
                None,
            )
            if left is None:
                return Foreseen(result=branch.result)
            if (other := branch.others.get(left)) is None:
                return Foreseen(branch, left[0])
            branch = other

    def learn(self, plan: Plan, foreseen: Foreseen, path: Sequence[Point], result: Result) -> None:
        """Keep the way of a run, from the point on up to which it was known."""
        if not self._trusted or self._size >= _MOST:
            return
        self._size += len(path)
        if (last := foreseen.last) is None:
            self._roots[_world(plan)] = Branch(path, result)
        elif path:
            assert foreseen.branch is not None
            point, *rest = path
            last.offered = last.offered or point.offered
            if point.given != last.given:
                foreseen.branch.others[foreseen.place, point.given] = Branch(rest, result)
        else:
            self._trusted = False


def _answers(holds: Holds) -> Callable[[Point], Any]:
    """How holds answer, point by point; none where that is not known."""
    trace: Any = SimpleNamespace(observers=[], step=0, eventful=0)
    engine: Any = SimpleNamespace(trace=trace)
    holds.begin(engine)

    def answer(point: Point) -> Any:
        if point.news:
            holds.happened(point.news)
        if point.is_question:
            return holds.answer(0, point.about, 0)
        if not holds.keeps(point.names):
            if point.goes_on:
                holds.passes(point.about)
            return point.about
        if not point.offered:
            return None
        trace.step, trace.eventful = point.step, point.eventful
        choices: Any = point
        return holds.choose(choices).id

    return answer


def _world(plan: Plan) -> Plan:
    return replace(plan, holds=(), faults=())
