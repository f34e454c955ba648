"""Holds: this event waits until that one has been delivered, and everything else is the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.model import SLACK, EventId
from detrun.scheduler.choices import Continue, turns
from detrun.scheduler.inputs import leaving_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from detrun.model import Answer, Hold, Plan
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine

# Whatever has been overtaken so often is held no longer.
PATIENCE = 300


class Holds:
    """Takes the oldest event that nothing holds, and answers questions as it was told to.

    A hold is soft: when everything waits, or the oldest has waited for too long, that goes on, and `released` keeps the
    hold, which the run then is no example of. A turn that waits for several things waits for all of them to come along.
    """

    along = True

    def __init__(
        self,
        holds: Iterable[Hold],
        slack: int = SLACK,
        answers: Iterable[Answer] = (),
        delay: int | None = None,
        without: Iterable[EventId] = (),
    ) -> None:
        self.slack = slack
        self.delay = slack if delay is None else delay
        self.released: list[Hold] = []
        # What came instead of what waited, in order.
        self.overtaking: list[EventId] = []
        # Those that made a difference.
        self.used: dict[Hold, None] = {}
        # How often each event was kept waiting: who polls for it would never come to an end.
        self._overtaken: dict[EventId, int] = {}
        # The last event, behind those of which nobody asked; and the turns of all before, which are over.
        self._delivered = [EventId((0, 0))]
        self._past: set[int] = set()
        self._holds = tuple(dict.fromkeys(holds))
        self._answers = {answer.question: answer.answer for answer in answers}
        self.leaves_out = leaving_out(without)
        # Holds by the event that waits: those whose other event has not been delivered.
        self._waiting: dict[EventId, list[Hold]] = {}
        self._until: dict[EventId, list[Hold]] = {}
        for hold in self._holds:
            self._waiting.setdefault(hold.event, []).append(hold)
            self._until.setdefault(hold.until, []).append(hold)

    @classmethod
    def of(cls, plan: Plan) -> Holds:
        """What runs a plan."""
        return cls(plan.holds, plan.slack, plan.faults, plan.delay, plan.without)

    def begin(self, engine: Engine) -> None:
        """Learn of what is delivered."""
        self._trace = trace = engine.trace
        if self._holds:
            trace.observers.append(lambda _: self.delivered(trace.last))

    def choose(self, choices: Choices) -> Event:
        if not self._waiting:
            return choices.oldest()
        event = choices.oldest()
        if self._waits(event, choices) and self._is_patient(event.id):
            event = self._oldest_free(choices) or event
        self.take(event)
        return event

    def take(self, event: Event) -> None:
        """This is what was chosen."""
        if isinstance(event, Continue):
            self.passes(event.id)  # nobody else says so: it is no event to anybody but a strategy
        else:
            # A timer lets others come before it that are due by then. They waited for that, and were not given up.
            self._meet(event.id)

    def delivered(self, event: EventId) -> None:
        """This event is what happens."""
        self._delivered.append(event)
        self.passes(event)

    def happened(self, events: Sequence[EventId]) -> None:
        """These events were what happened."""
        self._delivered += events
        if not (self._until.keys().isdisjoint(events) and self._waiting.keys().isdisjoint(events)):
            for event in events:
                self.passes(event)

    def passes(self, event: EventId) -> None:
        """This happens: what waited for it waits no more; if it should have waited itself, it did not."""
        if event in self._until or event in self._waiting:
            self.released += self._waiting.pop(event, ())
            self._meet(event)

    def answer(self, step: int, question: EventId, options: int) -> int:
        return self._answers.get(question, 0)

    def end(self) -> None:
        """A hold on what never happened changes nothing."""

    def holding(self, event: EventId) -> list[Hold]:
        """What this event waits for; turns that are over nobody said so of, where there was no choice."""
        passed = self._trace.step - self._trace.eventful
        for hold in [hold for hold in self._waiting.get(event, ()) if self._is_over(hold.until, passed)]:
            self._meet(hold.until)
        return self._waiting.get(event, [])

    def held(self, event: Event, choices: Choices) -> list[Hold]:
        """The same for an event where it is offered: a turn that something has come before is still that turn."""
        if choices.along and isinstance(event, Continue):
            return [hold for turn in choices.turns for hold in self.holding(turn.id)]
        return self.holding(event.id)

    def keeps(self, events: Iterable[EventId]) -> bool:
        """Whether any of these waits, as far as nobody looks closer."""
        return not self._waiting.keys().isdisjoint(events)

    def _waits(self, event: Event, choices: Choices) -> bool:
        if choices.along:
            return self.keeps(turn.id for turn in choices.turns)
        return event.id in self._waiting

    def _is_patient(self, event: EventId) -> bool:
        """Whether it may be overtaken once more."""
        self._overtaken[event] = times = self._overtaken.get(event, 0) + 1
        return times <= PATIENCE

    def _oldest_free(self, choices: Choices) -> Event | None:
        held: list[Hold] = []
        for event in choices.events():
            holding = self.held(event, choices)
            if not holding:
                self.used.update(dict.fromkeys(held))
                self.overtaking.append(event.id)
                return event
            held += holding
        return None

    def _is_over(self, turn: EventId, passed: int) -> bool:
        """Whether a turn has begun, so many steps after the last event."""
        *before, last = self._delivered
        self._delivered = [last]
        self._past.update(map(turns, before))
        return turn[0] in self._past or (turn[0] == turns(last) and turn[1] <= passed)

    def _meet(self, event: EventId) -> None:
        """What waited for this waits no more."""
        for hold in self._until.pop(event, ()):
            held = self._waiting.get(hold.event)
            if held is not None:
                held.remove(hold)
                if not held:
                    del self._waiting[hold.event]
