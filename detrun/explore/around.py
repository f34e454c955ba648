"""Holds, and anything else at random: for what is left when the holds are kept and everything else is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.explore.nearing import NEVER
from detrun.model import ALONG, Decision
from detrun.scheduler.draws import Draws
from detrun.scheduler.inputs import leaving_out
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.strategy import delay_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from detrun.model import EventId, Hold, Plan
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.strategies.strategy import Strategy


class Around(Holds):
    """Takes any event that nothing holds, each as likely as the other."""

    def __init__(self, plan: Plan, seed: int) -> None:
        super().__init__(plan.holds, plan.slack, plan.faults, plan.delay, plan.without)
        self._below = Draws(seed).below
        # The step of the last event; and the holds of turns that were over when that came which they should wait for.
        self._eventful = 0
        self._missed: list[Hold] = []

    @property
    def kept(self) -> bool:
        """Whether everything that was to wait for something came after it, now that the run is over."""
        never = (hold for holds in self._waiting.values() for hold in holds if hold.until != NEVER)
        return not self.released and not self._missed and next(never, None) is None

    def delivered(self, event: EventId) -> None:
        passed = self._trace.step - self._eventful
        # Where there was no choice, nobody was asked whether such a turn might begin.
        self._missed += [hold for hold in self._until.get(event, ()) if self._is_over(hold.event, passed)]
        self._eventful = self._trace.eventful
        super().delivered(event)

    def choose(self, choices: Choices) -> Event:
        free = [event for event in choices.events() if not self.held(event, choices)]
        event = free[self._below(len(free))] if free else choices.oldest()
        self.take(event)
        return event


class Prefixed(Random):
    """Decides as an earlier run did up to a step, and at random from then on."""

    def __init__(self, decisions: tuple[Decision, ...], until: int, seed: int, plan: Plan) -> None:
        # What the plan is offered, or it could not decide as it did.
        super().__init__(seed, plan.slack, delay=plan.delay, along=True)
        self._until = until
        self._decided = {each for each in decisions if each.answer <= 0}
        self._answers = {(each.step, each.event): each.answer for each in decisions if each.answer > 0}

    def begin(self, engine: Engine) -> None:
        """Nothing to prepare."""

    def choose(self, choices: Choices) -> Event:
        if choices.step > self._until:
            return super().choose(choices)
        along = ALONG if choices.along else 0
        decided = (each for each in choices.events() if Decision(choices.step, each.id, along) in self._decided)
        return next(decided, choices.oldest())

    def answer(self, step: int, question: EventId, options: int) -> int:
        return self._answers.get((step, question), 0)


class Without:
    """Decides as another strategy does, in a run without some inputs."""

    def __init__(self, inner: Strategy, inputs: Iterable[EventId]) -> None:
        self.slack = inner.slack
        self.delay = delay_of(inner)
        self.along: bool = getattr(inner, "along", False)
        self.leaves_out = leaving_out(inputs)
        self.begin, self.choose, self.answer, self.end = inner.begin, inner.choose, inner.answer, inner.end
