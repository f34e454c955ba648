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

# So many points are kept; what comes beyond them is run again.
_MOST = 100_000


class Offered(msgspec.Struct, frozen=True, eq=False, gc=False):
    """An event that was offered."""

    id: EventId


class Point(msgspec.Struct, eq=False):
    """Where a run was asked something: what happened since it was asked before, and what there was to choose.

    It is offered to holds once more, in the place of the choices then. `ways` has what followed, by answer: the next
    point, or what the run came to.
    """

    step: int
    eventful: int
    last: EventId
    news: Sequence[EventId]
    question: EventId | None = None
    along: bool = False
    turns: Sequence[Continue] = ()
    offered: Sequence[Offered | Continue] = ()
    ways: dict[Any, Any] = {}

    @classmethod
    def of(cls, choices: Choices, trace: Any, news: Sequence[EventId]) -> Point:
        """Where something was chosen."""
        turns = [_turn(turn) for turn in choices.turns] if choices.along else ()
        offered = [_turn(each) if type(each) is Continue else Offered(each.id) for each in choices.events()]
        return cls(trace.step, trace.eventful, trace.last, news, None, choices.along, turns, offered)

    def is_at(self, trace: Any, question: EventId | None, *, along: bool = False) -> bool:
        """Whether this is where a run is."""
        return self.step == trace.step and self.along is along and self.last == trace.last and self.question == question

    def oldest(self) -> Any:
        """The default."""
        return self.offered[0]

    def events(self) -> Sequence[Any]:
        """All that was offered."""
        return self.offered


def _turn(event: Continue) -> Continue:
    # Without its home, which would keep all of the run.
    return Continue(None, event.last, event.since)


class Noting(Holds):
    """Holds that take down their way, from a point on; what comes before is known."""

    def __init__(self, plan: Plan, since: Point | None = None) -> None:
        super().__init__(plan.holds, plan.slack, plan.faults, plan.delay, plan.without)
        self.path: list[tuple[Point, Any]] = []
        self._since = since
        self._news: list[EventId] = []

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        engine.trace.observers.append(self._hear)

    def choose(self, choices: Choices) -> Event:
        event = Holds.choose(self, choices)
        # Where there is one event it is of no account whether somebody was asked.
        if (self._since is None or self._arrives(None, along=choices.along)) and len(choices.events()) > 1:
            self.path.append((Point.of(choices, self._trace, self._heard()), event.id))
        return event

    def answer(self, step: int, question: EventId, options: int) -> int:
        answer, trace = super().answer(step, question, options), self._trace
        if self._since is None or self._arrives(question):
            self.path.append((Point(trace.step, trace.eventful, trace.last, self._heard(), question), answer))
        return answer

    def _arrives(self, question: EventId | None, *, along: bool = False) -> bool:
        """Whether this is the last point that is known, where the way begins."""
        assert self._since is not None
        if not self._since.is_at(self._trace, question, along=along):
            return False
        self._since = None
        return True

    def _hear(self, _: object) -> None:
        self._news.append(self._trace.last)

    def _heard(self) -> Sequence[EventId]:
        news, self._news = self._news, []
        return news


class Foreseen(NamedTuple):
    """How far a plan's way is known: the last point of it, and what it comes to, if that is known."""

    last: Point | None = None
    result: Result | None = None


class Foresight:
    """All ways that were taken, each world's in a tree."""

    def __init__(self) -> None:
        self._roots: dict[Plan, Point | Result] = {}
        self._size = 0
        # Not any more once a run was another one than foreseen: it follows from something else, too.
        self._trusted = True

    def of(self, plan: Plan, holds: Holds | None = None) -> Foreseen:
        """What is known of a plan. New holds of it know afterwards what they would know after a run."""
        if not self._trusted:
            return Foreseen()
        node, last = self._roots.get(_world(plan)), None
        answer = _answers(holds or Holds.of(plan))
        while isinstance(node, Point):
            last, node = node, node.ways.get(answer(node))
        return Foreseen(last, node)

    def learn(self, plan: Plan, foreseen: Foreseen, path: Sequence[tuple[Point, Any]], result: Result) -> None:
        """Keep the way of a run, from the point on up to which it was known."""
        if not self._trusted or self._size >= _MOST:
            return
        self._size += len(path)
        if foreseen.last is None:
            self._roots[_world(plan)] = _chained(path, result)
        elif path:
            (_, taken), *rest = path
            foreseen.last.ways[taken] = _chained(rest, result)
        else:
            self._trusted = False


def _answers(holds: Any) -> Callable[[Point], Any]:
    """How holds answer, point by point."""
    trace: Any = SimpleNamespace(observers=[], step=0, last=(0, 0), eventful=0)
    holds.begin(SimpleNamespace(trace=trace))

    def answer(point: Point) -> Any:
        if holds._waiting:
            for event in point.news:
                trace.last = event
                holds._deliver(None)
            trace.step, trace.last, trace.eventful = point.step, point.last, point.eventful
        return holds.choose(point).id if point.question is None else holds.answer(0, point.question, 0)

    return answer


def _chained(path: Sequence[tuple[Point, Any]], result: Result) -> Point | Result:
    node: Point | Result = result
    for point, answer in reversed(path):
        point.ways[answer] = node
        node = point
    return node


def _world(plan: Plan) -> Plan:
    return replace(plan, holds=(), faults=())
