"""The engine: contexts, what can happen to them next, and the one place where that is chosen.

It is a value that is called: it cannot wait, reaches nothing outside, and knows neither who answers nor who observes.
"""

from __future__ import annotations

import signal
from asyncio import BaseEventLoop, events
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, assert_never, cast

from detrun.errors import Forbidden, RunError, Stuck
from detrun.model import EventId
from detrun.scheduler import shuffling
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.along import Along
from detrun.scheduler.channels import Channel
from detrun.scheduler.choices import Choices, Continue, Event
from detrun.scheduler.claims import Claims
from detrun.scheduler.clock import TICK, Clock, instant
from detrun.scheduler.contexts import Context, Program, Unit
from detrun.scheduler.entering import Entering
from detrun.scheduler.garbage import Collections
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.inputs import Inputs
from detrun.scheduler.limits import Limits
from detrun.scheduler.network.faults import Faults
from detrun.scheduler.network.network import Network
from detrun.scheduler.network.readiness import Readiness
from detrun.scheduler.origins import Named
from detrun.scheduler.tasks import LOOPS
from detrun.scheduler.threads.baton import Baton
from detrun.scheduler.threads.meanwhile import await_outside
from detrun.scheduler.threads.thread import Thread
from detrun.scheduler.trace import Trace
from detrun.scheduler.waits import places, waiting
from detrun.scheduler.world.signals import Killed, Signals
from detrun.scheduler.world.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from detrun.scheduler.loop import Loop
    from detrun.scheduler.record import Record
    from detrun.scheduler.strategies.strategy import Strategy
    from detrun.scheduler.world.system import System

Known = TypeVar("Known", bound=Context)


class Engine:
    """Everything of one run that is not the program: its clock, contexts, channels and choices, and what happened."""

    interrupt: Callable[..., None] | None = None
    """Who handles SIGINT as long as the program has not said who."""

    asked_to_stop = False
    """Whether the user interrupted the run, and the program does not know yet."""

    system: System | None = None
    """Who gives pipes and processes; in a simulation nobody does."""

    def __init__(
        self,
        strategy: Strategy,
        limits: Limits | None = None,
        faults: Iterable[str] = (),
        world: World | None = None,
        *,
        level: int = 1,
        record: Record | None = None,
    ) -> None:
        self.trace = Trace(record)
        self.world: World = world or World()
        self.world.enter(self.trace)
        self.clock: Clock = Clock(self.world.begin)
        self.entering = Entering(self.clock)
        self.arrivals: deque[Channel] = deque()
        self.contexts: dict[Context, None] = {}
        self._named = Named()
        self.claims = Claims()
        self.inputs = Inputs(strategy, self.trace)
        self.faults = Faults(faults, strategy, self.trace, self.clock)
        self.garbage = Collections(level, strategy, self.trace)
        self.error: RunError | Killed | None = None
        self._network: Network | None = None
        self._signals: Signals | None = None
        self._limits = limits or Limits()
        self._limits.checkpoint = min(self._limits.checkpoint, self.garbage.checkpoint)
        self._strategy = strategy
        self._slack = strategy.slack
        self.baton = Baton(self)
        self._choices = Choices(self.clock, self.arrivals, self.baton.ready, strategy, self.trace)
        self._along = Along(self, self._choices) if getattr(strategy, "along", False) else None
        strategy.begin(self)
        shuffling.begin(level, strategy, self.trace)
        if record is not None:
            record.begin(self)
            self.trace.observers.append(record.happens)

    @property
    def network(self) -> Network:
        """The network of the program, which is there once somebody asks for it."""
        if self._network is None:
            self._network = Network(self)
        return self._network

    def selector(self, loop: Any) -> Readiness:
        """What a new loop waits with for descriptors."""
        return Readiness(self, loop)

    @property
    def signals(self) -> Signals:
        """The signals of the program, which are there once somebody asks for them."""
        if self._signals is None:
            self._signals = Signals(self)
        return self._signals

    def run_in_executor(self, loop: Any, executor: Any, function: Any, *arguments: Any) -> Any:
        """Have a function called on another thread: here, one of the run's."""
        return BaseEventLoop.run_in_executor(loop, executor, function, *arguments)

    def unit(self, name: str) -> Unit:
        """A new context that takes one event at a time."""
        return self.know(Unit(self, name, self._named.key(0, name)))

    def program(self, name: str) -> Program:
        """A new loop of a plain program."""
        origin = self.baton.current.origin
        origin.count = count = origin.count + 1
        return self.know(Program(self, name, hash((origin.key, count))))

    def channel(self, home: Context, name: str, receive: Callable[..., Any]) -> Channel:
        """A new path to a context, at whose end `receive` is called there with each message."""
        return Channel(self, home, self._named.key(home.origin.key, name), f"{home.name}/{name}", receive)

    def advance(self) -> bool:
        """Take one step: a choice, and the turn that it causes. False when nothing can happen any more."""
        clock, trace, limits = self.clock, self.trace, self._limits
        clock.now += TICK
        if clock.timers and clock.timers[0][0] <= clock.now:
            clock.fall_due()
        if trace.step >= limits.checkpoint:
            limits.check(self)
        if (event := self._choices.alone() or self._choices.chosen()) is None:
            return False
        try:
            self.happen(event)
        finally:
            self.entering.leave()
        return True

    def drive(self, loop: Loop) -> None:
        """Take steps until this program's loop is stopped; a step is an iteration of it, or another context's turn."""
        if isinstance(self.error, Killed):
            self.kill(self.error)
        outside = self.turn_to(loop.home)
        try:
            self._stop(loop) if loop.stopping else self._iterate(loop)
        except RunError as error:
            self.error = self.error or error  # the program may swallow it; the run is over all the same
            raise
        finally:
            self.entering.leave()
            self.turn_to(outside)

    def end(self) -> None:
        """The program has ended by itself; raise if it was not the run that was asked for."""
        self._strategy.end()

    def kill(self, death: Killed) -> NoReturn:
        """End the program here and now; what it does while it is unwound is no part of the run, nor to be told."""
        self.error = self.error or death
        self.trace.seal(self.clock.now)
        for context in self.contexts:
            context.loop.abandon()
        raise death

    @property
    def killed(self) -> bool:
        """Whether the program was killed, after which nothing of it runs but what unwinds it."""
        return isinstance(self.error, Killed)

    def stop_soon(self) -> None:
        """The user interrupts the program, which is told between two iterations: within one, a call would be lost."""
        self.asked_to_stop = True
        self.hasten()

    def interrupt_program(self) -> None:
        """Interrupt the program, as its user would; what it does from now on is no part of the run."""
        self.trace.forget()
        if self.baton.current is self.baton.main:
            self.asked_to_stop = False
            self.signals.interrupted_by_user = True
            self.signals.send(signal.SIGINT)

    def close(self) -> None:
        """Let nothing outside know of this run any more; what is dropped from now on is no part of it."""
        try:
            self.trace.seal(self.clock.now)
        finally:
            for context in self.contexts:
                LOOPS.pop(context.loop, None)
            self.world.leave()

    def hasten(self, step: int = 0) -> None:
        """Look at the limits, and at whatever else is looked at now and then, when this step is over at the latest."""
        self._limits.checkpoint = min(self._limits.checkpoint, step)

    def idle(self) -> bool:
        """Whether nothing is under way and there is no thread but the first."""
        return not self.arrivals and len(self.baton.threads) == 1

    def check_thread(self, what: str) -> None:
        """Refuse what comes from a thread that began outside the run."""
        if ACTIVE.engine is not self:
            raise Forbidden(f"{what} from a thread that is no part of the run", "start the thread inside the run")

    def turn(self) -> None:
        """Let something happen, for a thread that waits; raise when nothing can."""
        if self.trace.step >= self._limits.checkpoint:
            self._limits.check(self)
        self.happen(self._choices.alone() or self._something())
        self.entering.leave()
        self.clock.fall_due()

    def offer(self, thread: Thread) -> Event:
        """Which thread goes on in the middle of a turn: this one by default."""
        event = self._choices.among(thread)
        if not isinstance(event, Continue):
            return event
        self.trace.step += 1
        return thread

    def turn_to(self, program: Context | None) -> Context | None:
        """From now on this is the loop that would go on, if any; which one it was."""
        before, self._choices.program = self._choices.program, program
        return before

    def operation(self) -> EventId:
        """Count an external operation of whoever runs now, a task or a thread, and note it."""
        if (loop := events._get_running_loop()) is not None:
            return cast("Loop", loop).operation()
        origin = self.baton.current.origin
        origin.count = count = origin.count + 1
        event = EventId((origin.key, count))
        self.trace.note(event)
        return event

    def let_timer_through(self) -> None:
        """Let time pass until the earliest timer is due, whatever else is ready."""
        if (timer := self.clock.earliest()) is not None:
            self._pass_until(timer.deadline)

    def sleep(self, seconds: float) -> None:
        """Let the thread that asks stand still for so long."""
        deadline = self.clock.now + instant(seconds)
        if len(self.baton.threads) == 1:
            if self._signals is not None:
                self._signals.alarms.go_off(deadline)
            self._pass_until(deadline)
        elif seconds:
            self.baton.wait(deadline, f"time.sleep({seconds})", deadline)
        else:
            self.baton.offer()

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
        threads, mark, iterate, slack = self.baton.ready, trace.mark, loop.iterate, self._slack
        while True:
            if due or arrivals or not ready or threads or (timers and timers[0][0] <= clock.now + slack):
                self._settle(loop)
            trace.step = step = trace.step + 1
            made = iterate()  # which may move the clock itself
            clock.now += TICK * made
            if mark is not None:
                mark(trace.digest)
            if loop.stopping:
                return
            if step >= limits.checkpoint:
                limits.check(self)

    def _stop(self, loop: Loop) -> None:
        """Take the one step of a loop that was stopped before it began: nothing is waited for."""
        loop.selector.select()
        if self.arrivals:
            event = self._choices.chosen()
            assert event is not None  # something arrived
            self.happen(event)
            self.entering.leave()
        loop.selector.select()
        self.clock.fall_due()
        self.trace.step += 1
        made = loop.iterate()
        self.clock.now += TICK * max(made, 1)
        self._limits.check(self)

    def _settle(self, loop: Loop) -> None:
        """Let things happen until the program's loop has something to go on with."""
        selector, clock, timers, trace, along = loop.selector, self.clock, self.clock.timers, self.trace, self._along
        due, arrivals, alone = selector.due, self.arrivals, self._choices.alone
        selector.select()  # whoever has something to see does not sleep
        while True:
            before = None if along is None else along.before(loop)
            if not arrivals or (channel := alone()) is None:
                self.happen(self._something())
            else:  # this is `happen`, for what happens most often
                arrivals.popleft()
                delivery = channel.queue.popleft()
                trace.deliver(delivery)
                channel.home.take(delivery)
            # As in CPython's loop: what came from outside stands first, then all timers that are due.
            if due:
                selector.select()
            if timers and timers[0][0] <= clock.now:
                clock.fall_due()
            if loop.ready:
                # Nothing comes along where the loop goes on for which nothing has come.
                if along is not None and before is not None and trace.last is not before[0]:
                    along.come(loop, before)
                return None if self.entering.loop is None else self.entering.leave()
            trace.step += 1  # by which a decision is known: nothing else tells it from the one before

    def _something(self) -> Event:
        """What happens next; raises when nothing can."""
        event = self._choices.chosen()
        if event is None and await_outside(self.baton):
            event = self._choices.chosen()
        if event is None:
            raise Stuck(waiting(self), places(self))
        return event

    def happen(self, event: Event) -> None:
        """Let it happen."""
        match event:
            case Channel():
                self.arrivals.remove(event)  # the first of its entries there; the others stand for later messages
                delivery = event.queue.popleft()
                self.trace.deliver(delivery)
                event.home.take(delivery)
            case Continue():
                if not event.home.loop.ready:
                    self._sleep()
            case TimerHandle():
                self._pass_until(event.deadline)
                if isinstance(event.home, Unit):
                    self.clock.fall_due()
                    self.happen(event.home.timers)
            case Thread():
                self._go_on(event)
            case _:
                assert_never(event)

    def _go_on(self, thread: Thread) -> None:
        """A thread has its turn, and whoever runs now waits for the next one."""
        self.entering.leave()
        self.trace.step += 1
        self.trace.deliver(thread)
        self.clock.now += TICK
        program = self._choices.program
        if program is not None and self.baton.current is not thread:
            loop = program.loop
            self.baton.wait_at_loop(loop, ready=bool(loop.ready or loop.selector.due))
        self.baton.give(thread)

    def know(self, context: Known) -> Known:
        """A context is there."""
        self.contexts[context] = None
        self.baton.among_units |= isinstance(context, Unit)
        self.clock.homes += 1
        for meet in self.trace.newcomers:
            meet(context)
        return context

    def retire(self, context: Context) -> None:
        """A context is gone: nothing can happen to it any more, and nobody knows it."""
        self.entering.leave()
        del self.contexts[context]
        self.clock.homes -= 1
        context.end()
        LOOPS.pop(context.loop, None)
