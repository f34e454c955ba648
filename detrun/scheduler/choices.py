"""Choice points: what can happen next, the default first. Strategies see this and nothing else, and choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from detrun.model import ALONG, EventId, spelled
from detrun.scheduler.channels import Channel
from detrun.scheduler.clock import MILLISECOND, Clock
from detrun.scheduler.contexts import Context
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.threads.thread import Thread

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Sequence

    from detrun.scheduler.strategies.strategy import Strategy
    from detrun.scheduler.trace import Trace


class Continue(msgspec.Struct, frozen=True):
    """No event: a program's loop goes on with what is ready, or else sleeps until after its earliest timer.

    In the middle of a thread's turn it means that the thread goes on.
    """

    home: Any
    last: EventId
    since: int

    @property
    def id(self) -> EventId:
        """The last event, under a key of its own, and how many steps ago that was: this moves with the event."""
        return EventId((turns(self.last), self.since))

    @property
    def name(self) -> str:
        """What a person calls this event."""
        return f"{self.home.name}/continue {self.since} after {spelled(self.last)}"


def turns(event: EventId) -> int:
    """The origin of the turns that follow an event, up to the next."""
    return hash((event, -1))


Event: TypeAlias = Channel | TimerHandle | Continue | Thread


class Choices:
    """The events that the environment may let happen next.

    Every channel's head is one, and every thread that could go on. So is the earliest timer of a context, within
    `slack`: to choose it means that the turn before took that long. Timers of one context never overtake each other.
    """

    def __init__(
        self, clock: Clock, arrivals: deque[Channel], threads: list[Thread], strategy: Strategy, trace: Trace
    ) -> None:
        self.program: Context | None = None
        self.step = 0
        # Whether this is about what comes along with something that has come.
        self.along = False
        # The turn that something may come along in, by each name that it had: what comes before it changes its name.
        self.turns: list[Continue] = []
        self._trace = trace
        self._clock = clock
        self._arrivals = arrivals
        self._threads = threads
        self._strategy = strategy
        self.slack = strategy.slack
        # How far ahead timers are offered while nothing could run, and something is under way.
        self._delay = getattr(strategy, "delay", strategy.slack)
        self._events: list[Event] = []
        self._going_on: Continue | None = None

    def begin(self) -> None:
        """Offer what can happen in the next step."""
        self.step = self._trace.step + 1
        self.along = False
        self._events = []
        self._going_on = None

    def chosen(self) -> Event | None:
        """What happens in the next step, if it is not one message alone; none when nothing can."""
        self.begin()
        # Asked only where there may be more than one event.
        timers, program = self._clock.timers, self.program
        ready = program is not None and bool(program.loop.ready)
        enabled = len(self._arrivals) + len(self._threads) + ready
        if enabled == 1:
            ahead = self._delay if self._arrivals else self.slack
            if not timers or timers[0][0] > self._clock.now + ahead:
                return self.first()
        elif not enabled and not self._may_oversleep():
            return self.first()
        return self.asked()

    def among(self, thread: Thread) -> Event:
        """What happens in the middle of a thread's turn: that it goes on, or another."""
        self.begin()
        self._events = [self._continue(thread), *self._threads]
        return self.asked()

    def asked(self) -> Event:
        """What the strategy chooses of what it is offered."""
        event = self._strategy.choose(self)
        if event is not (self._events[0] if self._events else self.first()):
            self._trace.decide(self.step, event.id, ALONG if self.along else 0)
        return event

    def offer_along(self, home: Context, limit: int, *, late: bool) -> bool:
        """Offer that a turn for which something has come begins, or that more comes before; whether there is more.

        As from a selector, arrivals come before timers: when it is `late`, there are timers among what has come.
        """
        if not self._arrivals and not (self._clock.timers and self._clock.timers[0][0] <= limit):
            return False
        more: list[Event] = [] if late else [each for each in dict.fromkeys(self._arrivals) if _ends(each.home, home)]
        if (earliest := self._clock.earliest()) is not None and earliest.deadline <= limit:
            more += [each for each in self._heads(earliest, limit) if _ends(each.home, home, network=not late)]
        if not more:
            return False
        self.begin()
        self.along = True
        self._events = [self._continue(home), *more]
        self.turns.append(self._continue(home))
        return True

    def limit(self, now: int, *, busy: bool) -> int:
        """Up to when a timer may be first, while there is something else, which could go on or only arrive."""
        return now + (self.slack if busy else self._delay)

    def alone(self) -> Channel | None:
        """A message besides which there is nothing at all: the commonest case, and found without asking for more."""
        arrivals, timers = self._arrivals, self._clock.timers
        if len(arrivals) != 1 or self._threads or (timers and timers[0][0] <= self._clock.now + self._delay):
            return None
        program = self.program
        return None if program is not None and program.loop.ready else arrivals[0]

    def _may_oversleep(self) -> bool:
        """Whether who sleeps for a timer may wake up so late that there is more."""
        if not self.slack or (earliest := self._clock.earliest()) is None:
            return False
        return self._clock.second() <= earliest.deadline + self._idle_slack()

    def first(self) -> Event | None:
        """The default: what arrived first, else going on, else the earliest timer; none when nothing can happen."""
        if self._events:
            return self._events[0]
        if self._arrivals:
            return self._arrivals[0]
        program = self.program
        if program is not None and program.loop.ready:
            return self._continue(program)
        if self._threads:
            return self._threads[0]
        earliest = self._clock.earliest()
        return self._continue(program) if program is not None and earliest is not None else earliest

    def oldest(self) -> Event:
        """The default, where there is something to choose."""
        event = self.first()
        assert event is not None
        return event

    def events(self) -> list[Event]:
        """All of them, the default first."""
        if not self._events:
            self._events = self._list()
        return self._events

    @property
    def listed(self) -> Sequence[Event]:
        """All of them if somebody asked for them, none else."""
        return self._events

    def _list(self) -> list[Event]:
        clock, program, threads = self._clock, self.program, self._threads
        events: list[Event] = list(dict.fromkeys(self._arrivals)) if self._arrivals else []
        ready, earliest = program is not None and bool(program.loop.ready), clock.earliest()
        if program is not None and (ready or not (events or threads or earliest is None)):
            events.append(self._continue(program))
        events += threads
        if earliest is None:
            return events
        busy = ready or bool(threads)
        limit = self.limit(clock.now, busy=busy) if busy or self._arrivals else earliest.deadline + self._idle_slack()
        if earliest.deadline > limit:
            return events
        # A timer of the program's that is due already comes along when the loop goes on.
        along = program if ready else None
        for timer in self._heads(earliest, limit):
            if timer.home is not along or timer.deadline > clock.now:
                events.append(timer)
        return events

    def _heads(self, earliest: TimerHandle, limit: int) -> Sequence[TimerHandle]:
        if self._clock.homes == 1:
            return (earliest,)
        # What is overdue already is its channel's to offer.
        return [timer for timer in self._clock.heads(limit) if not timer.home.overdue]

    def _continue(self, home: Context | Thread) -> Continue:
        # One for each step: whether an answer is the default is a matter of identity.
        if self._going_on is None:
            self._going_on = Continue(home, self._trace.last, self.step - self._trace.eventful)
        return self._going_on

    def _idle_slack(self) -> int:
        # Whoever sleeps alone can only wake on time or, like a selector, with all timers of that millisecond.
        return MILLISECOND if self._clock.homes == 1 else self.slack


def _ends(here: Any, home: Context, *, network: bool = True) -> bool:
    """Whether what comes here comes to this loop: directly, or by the network, which tells it."""
    return here is home or (network and not isinstance(here, Context))
