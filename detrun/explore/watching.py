"""A strategy that watches another: what was chosen, what it overtook, and what else there was.

A plan in which whatever was overtaken waits for what overtook it is the same run again: that is how decisions become
holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from detrun.model import Answer, EventId, Hold
from detrun.scheduler.choices import Continue
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.strategies.strategy import delay_of
from detrun.scheduler.threads.thread import Thread

if TYPE_CHECKING:
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.inputs import Input
    from detrun.scheduler.strategies.strategy import Strategy

MESSAGE, TIMER, TURN, THREAD = range(4)
"""Kinds of events, the most ordinary one to be late first: a message, a timer, a turn that lasts, a thread."""


class Choice(NamedTuple):
    """A choice point: what there was, the default first, and what was chosen of it."""

    step: int
    events: tuple[EventId, ...]
    chosen: EventId


class Question(NamedTuple):
    """Whether something goes wrong of this kind, with what has this key, in one of so many ways but one."""

    kind: str
    key: int
    options: int


class Watching:
    """Answers as another strategy does, and remembers."""

    def __init__(self, inner: Strategy) -> None:
        self.slack = inner.slack
        self.delay = delay_of(inner)
        self.along = getattr(inner, "along", False)
        self.choices: list[Choice] = []
        self.answers: list[Answer] = []
        # What could have gone wrong, in order, and of which kind that is, with what, and in how many ways.
        self.asked: list[EventId] = []
        self.about: dict[EventId, Question] = {}
        # What came from outside, in order, and what was left out of it.
        self.inputs: list[Input] = []
        self.left_out: list[EventId] = []
        # What happened, in order; turns are there if something else could have happened.
        self.order: list[EventId] = []
        self.kinds: dict[EventId, int] = {}
        self._inner = inner

    def begin(self, engine: Engine) -> None:
        self._inner.begin(engine)
        self._ask, engine.faults.ask = engine.faults.ask, self._asking  # type: ignore[method-assign]
        self._trace = engine.trace
        self._trace.observers.append(self._deliver)

    def choose(self, choices: Choices) -> Event:
        chosen = self._inner.choose(choices)
        # A turn keeps its name while more comes along in it.
        turn = choices.turns[0] if choices.along else None
        events = tuple(turn.id if turn and isinstance(event, Continue) else event.id for event in choices.events())
        for known, event in zip(events, choices.events(), strict=True):
            self.kinds.setdefault(known, _kind(event))
        taken = turn.id if turn and isinstance(chosen, Continue) else chosen.id
        self.choices.append(Choice(choices.step, events, taken))
        if isinstance(chosen, Continue):
            self.order.append(taken)
        return chosen

    def answer(self, step: int, question: EventId, options: int) -> int:
        self.asked.append(question)
        answer = self._inner.answer(step, question, options)
        if answer:
            self.answers.append(Answer(question, answer))
        return answer

    def leaves_out(self, each: Input) -> bool:
        """Whether an input does not come."""
        inner = getattr(self._inner, "leaves_out", None)
        if inner is None or not inner(each):
            self.inputs.append(each)
            return False
        self.left_out.append(each.id)
        return True

    def end(self) -> None:
        self._inner.end()

    def _asking(self, kind: str, key: int, options: int = 2) -> int:
        before = len(self.asked)
        answer = self._ask(kind, key, options)
        for question in self.asked[before:]:
            self.about[question] = Question(kind, key, options)
        return answer

    def holds(self) -> tuple[Hold, ...]:
        """What has to wait, by default, for the run to be what it was."""
        overtaken: dict[EventId, EventId] = {}
        for choice in self.choices:
            for event in choice.events:
                if event == choice.chosen:
                    break
                # The last one that overtook it: until then it waited.
                overtaken[event] = choice.chosen
        return tuple(Hold(event, until) for event, until in overtaken.items())

    def positions(self) -> dict[EventId, int]:
        """Where each event stood in the run."""
        return {event: place for place, event in enumerate(self.order)}

    def _deliver(self, delivery: Delivery | Thread) -> None:
        event = self._trace.last
        self.order.append(event)
        self.kinds.setdefault(event, _kind(delivery))


def _kind(event: Event | Delivery) -> int:
    match event:
        case Continue():
            return TURN
        case TimerHandle():
            return TIMER
        case Thread():
            return THREAD
        case _:
            return MESSAGE
