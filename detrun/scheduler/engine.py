"""The engine: contexts, what can happen to them next, and the one place where that is chosen.

It is a value that is called: it cannot wait and reaches nothing outside; it is handed events and takes steps. It does
not know which strategy answers, nor who observes.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar, assert_never

from detrun.errors import Forbidden, RunError, Stuck
from detrun.scheduler.channels import Channel
from detrun.scheduler.choices import Choices, Continue, Event
from detrun.scheduler.clock import TICK, Clock, instant
from detrun.scheduler.contexts import Context, Program, Unit
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.limits import Limits
from detrun.scheduler.network.faults import Faults
from detrun.scheduler.network.network import Network
from detrun.scheduler.tasks import LOOPS
from detrun.scheduler.trace import Trace
from detrun.scheduler.waits import waiting
from detrun.scheduler.world.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from detrun.scheduler.loop import Loop
    from detrun.scheduler.strategies.strategy import Strategy

Known = TypeVar("Known", bound=Context)


class Engine:
    """Everything of one run that is not the program: its clock, contexts, channels and choices, and what happened."""

    def __init__(
        self,
        strategy: Strategy,
        limits: Limits | None = None,
        faults: Iterable[str] = (),
        world: World | None = None,
    ) -> None:
        self.trace = Trace()
        self.world = world or World()
        self.world.enter(self.trace)
        self.clock = Clock(self.world.begin)
        self.arrivals: deque[Channel] = deque()
        self.contexts: list[Context] = []
        self.faults = Faults(faults, strategy, self.trace)
        self.error: RunError | None = None
        self._network: Network | None = None
        self._limits = limits or Limits()
        self._strategy = strategy
        self._slack = strategy.slack
        self._choices = Choices(self.clock, self.arrivals, strategy.slack)
        self._thread = threading.get_ident()
        strategy.begin(self)

    @property
    def network(self) -> Network:
        """The simulated network, which is there once somebody asks for it."""
        if self._network is None:
            self._network = Network(self)
        return self._network

    def unit(self, name: str) -> Unit:
        """A new context that takes one event at a time."""
        return self._known(Unit(self, name, hash((len(self.contexts),))))

    def program(self, name: str) -> Program:
        """A new loop of a plain program."""
        return self._known(Program(self, name, hash((len(self.contexts),))))

    def channel(self, home: Context, name: str, receive: Callable[..., Any]) -> Channel:
        """A new path to a context, at whose end `receive` is called there with each message."""
        home.origin.count = count = home.origin.count + 1
        return Channel(self, home, hash((home.origin.key, count)), f"{home.name}/{name}", receive)

    def advance(self) -> bool:
        """Take one step: a choice, and the turn that it causes. False when nothing can happen any more."""
        clock, trace, limits = self.clock, self.trace, self._limits
        clock.now += TICK
        if clock.timers and clock.timers[0][0] <= clock.now:
            clock.fall_due()
        if trace.step >= limits.checkpoint:
            limits.check(self)
        event = self._chosen()
        if event is None:
            return False
        self._happen(event)
        return True

    def drive(self, loop: Loop) -> None:
        """Take steps until this program's loop is stopped; a step is an iteration of it, or another context's turn."""
        choices, outside = self._choices, self._choices.program
        choices.program = loop.home
        try:
            self._stop(loop) if loop.stopping else self._iterate(loop)
        except RunError as error:
            self.error = self.error or error  # the program may swallow it; the run is over all the same
            raise
        finally:
            choices.program = outside

    def end(self) -> None:
        """The program has ended by itself; raise if it was not the run that was asked for."""
        self._strategy.end()

    def close(self) -> None:
        """Let nothing outside know of this run any more; what is dropped from now on is no part of it."""
        self.trace.seal(self.clock.now)
        for context in self.contexts:
            LOOPS.discard(context.loop)
        self.world.leave()

    def check_thread(self, what: str) -> None:
        """Refuse what comes from a thread that the engine does not order."""
        if threading.get_ident() != self._thread:
            raise Forbidden(f"{what} from another thread", "threads do not take part in a simulation yet")

    def let_timer_through(self) -> None:
        """Let time pass until the earliest timer is due, whatever else is ready."""
        timer = self.clock.earliest()
        if timer is not None:
            self._pass_until(timer.deadline)

    def sleep(self, seconds: float) -> None:
        """Let this much time pass for the code that asks, and for everybody."""
        self._pass_until(self.clock.now + instant(seconds))

    def _sleep(self) -> None:
        timer = self.clock.earliest()
        assert timer is not None  # or going on would not have been an event
        if timer.deadline > self.clock.now:
            self._pass_until(self.clock.after_sleep(timer))

    def _pass_until(self, instant: int) -> None:
        if instant > self._limits.last_instant:
            self._limits.exceed(instant, self)
        # A little later: libraries compare strictly, and would arm the same timer again.
        self.clock.pass_until(instant + TICK)

    def _iterate(self, loop: Loop) -> None:
        # The hot path: an iteration with nothing to choose pays for this, for its callbacks, and for nothing else.
        clock, trace, limits = self.clock, self.trace, self._limits
        timers, arrivals, ready, due = clock.timers, self.arrivals, loop.ready, loop.selector.due
        while True:
            if due or arrivals or not ready or (timers and timers[0][0] <= clock.now + self._slack):
                self._settle(loop)
            trace.step = step = trace.step + 1
            made = loop.iterate()  # which may move the clock itself
            clock.now += TICK * made
            if loop.stopping:
                return
            if step >= limits.checkpoint:
                limits.check(self)

    def _stop(self, loop: Loop) -> None:
        """Take the one step of a loop that was stopped before it began: nothing is waited for."""
        loop.selector.select()
        if self.arrivals:
            event = self._chosen()
            assert event is not None  # something arrived
            self._happen(event)
        loop.selector.select()
        self.clock.fall_due()
        self.trace.step += 1
        made = loop.iterate()
        self.clock.now += TICK * max(made, 1)
        self._limits.check(self)

    def _settle(self, loop: Loop) -> None:
        """Let things happen until the program's loop has something to go on with."""
        select = loop.selector.select
        select()  # whoever has something to see does not sleep
        while True:
            event = self._chosen()
            if event is None:
                raise Stuck(waiting(self.contexts))
            self._happen(event)
            # As in CPython's loop: what came from outside stands first, then all timers that are due.
            select()
            self.clock.fall_due()
            if loop.ready:
                return

    def _chosen(self) -> Event | None:
        choices = self._choices
        choices.begin(self.trace.step + 1)
        if not choices.open():
            return choices.first()
        event = self._strategy.choose(choices)
        if event is not choices.first():
            self.trace.decide(choices.step, event.id)
        return event

    def _happen(self, event: Event) -> None:
        match event:
            case Continue():
                if not event.home.loop.ready:
                    self._sleep()
            case TimerHandle():
                self._pass_until(event.deadline)
                if isinstance(event.home, Unit):
                    self.clock.fall_due()
                    self._happen(event.home.timers)
            case Channel():
                self.arrivals.remove(event)  # the first of its entries there; the others stand for later messages
                delivery = event.queue.popleft()
                self.trace.deliver(delivery)
                event.home.take(delivery)
            case _:
                assert_never(event)

    def _known(self, context: Known) -> Known:
        self.contexts.append(context)
        self.clock.homes += 1
        return context
