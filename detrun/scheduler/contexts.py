"""Contexts: units that own a heap and an event loop of their own, and how each takes what is delivered to it."""

from __future__ import annotations

from contextvars import Context as Variables
from functools import cached_property
from typing import TYPE_CHECKING

from detrun.errors import LimitReached
from detrun.scheduler.channels import Channel
from detrun.scheduler.clock import TICK
from detrun.scheduler.loop import Loop
from detrun.scheduler.origins import Origin

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery, Handle, TimerHandle

# A turn that is not over after so many iterations is taken for one that never ends.
LONGEST_TURN = 100_000


class Context:
    """A unit with a heap and an event loop of its own; what a turn of it is, is its kind's business."""

    tick = 0
    loops: type[Loop] = Loop
    """What its loop is."""

    def __init__(self, engine: Engine, name: str, key: int) -> None:
        self.engine = engine
        self.name = name
        self.origin = Origin(key)
        self.loop = self.loops.of(self)

    # Not abstract methods: to be of an abstract kind is asked in Python, and it is asked at every step.

    def take(self, delivery: Delivery) -> None:
        """Take a message."""
        raise NotImplementedError

    def fall_due(self, timer: TimerHandle) -> None:
        """Take note that a timer's instant has come."""
        raise NotImplementedError

    def attend(self) -> None:
        """Take note that the loop's selector has something to see."""
        raise NotImplementedError

    @property
    def overdue(self) -> bool:
        """Whether a timer that fell due waits to be delivered."""
        return False

    def end(self) -> None:
        """Be gone."""
        self.loop.abandon()
        self.loop.close()
        self.loop.append = _unheard


class Unit(Context):
    """A context whose turn takes one event and runs until nothing is ready. Time stands still within a turn."""

    def __init__(self, engine: Engine, name: str, key: int) -> None:
        super().__init__(engine, name, key)
        self.loop.append = self._woken = self._wake

    # Many units are over before anything comes by these, and each takes as much as a small object with a heap.

    @cached_property
    def timers(self) -> Channel:
        """By which timers come that fell due."""
        return Channel(self.engine, self, 0, f"{self.name}/timers", _nothing, Variables())

    @cached_property
    def _wakes(self) -> Channel:
        key, select = hash((self.origin.key, 0)), self.loop.selector.select
        return Channel(self.engine, self, key, f"{self.name}/wake", select, Variables())

    def take(self, delivery: Delivery) -> None:
        """Take one event, and the turn that it causes, which is a step."""
        engine = self.engine
        engine.trace.step += 1
        if engine.entering.loop is not self.loop:
            engine.entering.enter(self.loop)
        self.turn(delivery)

    def turn(self, delivery: Delivery) -> None:
        """Have a turn, with everything in place: make the call of one event, and all calls that follow from it."""
        loop = self.loop
        loop.append = loop.ready.append
        self.engine.trace.ran += 1
        try:
            # This is `iterate`, for one call that need not be queued.
            try:
                delivery.context.run(*delivery.call)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                loop.report_callback(delivery, error)
            if loop.ready:
                self._settle()
        finally:
            loop.append = self._woken

    def fall_due(self, timer: TimerHandle) -> None:
        """A timer's instant has come: from now on it is a message like any other."""
        self.timers.push(timer)

    def attend(self) -> None:
        """Select in a turn of its own: a turn in which something stays ready would never end."""
        self._wakes.put()

    @property
    def overdue(self) -> bool:
        """Whether a timer that fell due waits to be delivered."""
        return self._waits("timers")

    @property
    def stirs(self) -> bool:
        """Whether anything that this unit makes for itself waits to be delivered."""
        return self._waits("timers") or self._waits("_wakes")

    def _waits(self, name: str) -> bool:
        channel: Channel | None = vars(self).get(name)
        return channel is not None and bool(channel.queue)

    def _settle(self) -> None:
        ready, iterate = self.loop.ready, self.loop.iterate
        for _ in range(LONGEST_TURN - 1):
            iterate()
            if not ready:
                return
        raise LimitReached(f"iterations in one turn of {self.name}", LONGEST_TURN, "let the turn wait for something")

    def _wake(self, handle: Handle) -> None:
        # Somebody else resolved a future of ours. What waits for it continues here, in a turn of our own.
        self.loop.append = self.loop.ready.append
        self.loop.append(handle)
        self._wakes.put()


class Program(Context):
    """A loop of a plain asyncio program, which goes on by iterations as CPython's does, each a little later."""

    tick = TICK

    def take(self, delivery: Delivery) -> None:
        """Queue an event behind what is ready, for the next iteration."""
        self.loop.ready.append(delivery)
        self.engine.baton.wake(self.loop)

    def fall_due(self, timer: TimerHandle) -> None:
        """Queue a timer behind what is ready, as asyncio does with all that are due."""
        self.engine.trace.deliver(timer)
        self.loop.ready.append(timer)
        self.engine.baton.wake(self.loop)

    def attend(self) -> None:
        """Let the loop's thread go on, if it waits: the engine selects before each iteration."""
        self.engine.baton.wake(self.loop)


def _unheard(_: object) -> None:
    """What becomes of a call for a context that is gone: whoever resolves a future of its need not know."""


def _nothing() -> None:
    """What the head of a channel calls that carries no messages of its own."""
