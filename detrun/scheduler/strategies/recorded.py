"""The decisions of an earlier run, and the default where it decided nothing."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from detrun.errors import Divergence
from detrun.model import ALONG, LEFT_OUT, SLACK, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from detrun.model import Decision, EventId
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.inputs import Input


class Recorded:
    """Decides again what was decided; a decision that cannot be taken any more is a divergence."""

    along = True

    def __init__(self, decisions: Iterable[Decision], slack: int = SLACK, delay: int | None = None) -> None:
        self.slack = slack
        self.delay = slack if delay is None else delay
        decisions = tuple(decisions)
        self._choices = deque(decision for decision in decisions if decision.answer in {0, ALONG})
        self._answers = {(each.step, each.event): each.answer for each in decisions if each.answer > 0}
        self._left_out = {each.event: each.step for each in decisions if each.answer == LEFT_OUT}
        # Who left nothing out was not asked, or need not have been.
        self.leaves_out = self._leave_out if self._left_out else None

    def begin(self, engine: Engine) -> None:
        """Nothing to prepare."""

    def choose(self, choices: Choices) -> Event:
        if not self._choices or not _is_about(self._choices[0], choices):
            return choices.oldest()
        decision, events = self._choices.popleft(), choices.events()
        for event in events:
            if event.id == decision.event:
                return event
        raise Divergence(decision.step, spelled(decision.event), " or ".join(event.name for event in events))

    def answer(self, step: int, question: EventId, options: int) -> int:
        return self._answers.pop((step, question), 0)

    def _leave_out(self, each: Input) -> bool:
        return self._left_out.pop(each.id, None) is not None

    def end(self) -> None:
        """Raise if the run ended before everything was decided again."""
        left = [(decision.step, decision.event) for decision in self._choices] + list(self._answers)
        left += [(step, event) for event, step in self._left_out.items()]
        for step, event in left:
            raise Divergence(step, spelled(event), "no choice there")


def _is_about(decision: Decision, choices: Choices) -> bool:
    return (decision.step, decision.answer) == (choices.step, ALONG if choices.along else 0)
