"""What strategies that draw from a seed have in common: their draws, their answers, and that they are fair."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.model import SLACK
from detrun.scheduler.choices import Continue
from detrun.scheduler.draws import Draws
from detrun.scheduler.handles import TimerHandle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.model import EventId
    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.engine import Engine

# One question in so many has an answer that is not boring.
ODDS = 16
# Who prefers one event to another for ever would starve whoever polls: from some point on, one choice in so many goes
# round among all that could happen.
_FAIR = 8
# How many choices are made before that at least.
_PATIENCE = 100
# The chain of going on.
GOES_ON = -1


class Profile(msgspec.Struct, frozen=True):
    """What an earlier run had to choose from: how often there was a choice, and how many events each chain had."""

    choices: int = 50
    chains: dict[int | str, int] = {}


class Drawing(ABC):
    """Draws every answer from a seed; the same seed draws the same."""

    def __init__(
        self,
        seed: int,
        slack: int = SLACK,
        *,
        delay: int | None = None,
        along: bool = False,
        profile: Profile | None = None,
        odds: int = ODDS,
    ) -> None:
        self.slack = slack
        self.delay = slack if delay is None else delay
        self.along = along
        self._below = Draws(seed).below
        self._odds = odds
        self._profile = profile or Profile()
        self._asked = 0
        self._patience = max(_PATIENCE, 2 * self._profile.choices)

    def begin(self, engine: Engine) -> None:  # noqa: B027  # most have nothing to prepare
        """Nothing to prepare."""

    def choose(self, choices: Choices) -> Event:
        events = choices.events()
        self._asked = asked = self._asked + 1
        if asked > self._patience and asked % _FAIR == 0:
            return events[asked // _FAIR % len(events)]
        return self._pick(events)

    def answer(self, step: int, question: EventId, options: int) -> int:
        # Something goes wrong now and then, not always: most of what goes wrong needs something else to go well before.
        return 0 if self._below(self._odds) else 1 + self._below(options - 1)

    def end(self) -> None:  # noqa: B027  # nor to look at
        """Nothing was promised."""

    @abstractmethod
    def _pick(self, events: Sequence[Event]) -> Event:
        """One of these."""

    def _any(self, events: Sequence[Event]) -> Event:
        return events[self._below(len(events))]


def chain(event: Event | Any) -> int | str:
    """What an event is one of in a row: a channel, a context's timers, a thread, or going on; the same in every run."""
    if type(event) is Continue:
        return GOES_ON
    if type(event) is TimerHandle:
        return str(event.home.name)
    known: int = event.id[0]
    return known


def origin(event: Event) -> int:
    """Whose event it is: the events of one origin follow from each other, so that an origin is a chain of causes."""
    return GOES_ON if isinstance(event, Continue) else event.id[0]
