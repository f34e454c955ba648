"""Programs as plain data: what actors do, one operation after the other, on whatever event loop plays them.

It knows neither detrun nor the referee. Everything that an actor sees, and when, goes into one log.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import strategies as st

# Python 3.12 brought it.
EAGER = getattr(asyncio, "eager_task_factory", None)

Entry: TypeAlias = tuple[object, ...]
Send: TypeAlias = Callable[["Stage", str, "Act"], None]


class Planned(Exception):
    """What a program raises on purpose."""


class Stage:
    """What the actors of one run share, and the log of what they saw."""

    def __init__(self, loop: asyncio.AbstractEventLoop, log: list[Entry], send: Send) -> None:
        self.loop = loop
        self.log = log
        self.futures: list[asyncio.Future[int]] = [loop.create_future() for _ in range(3)]
        self.locks = [asyncio.Lock() for _ in range(2)]
        self.semaphores = [asyncio.Semaphore(1), asyncio.BoundedSemaphore(2)]
        self.events = [asyncio.Event() for _ in range(2)]
        self.conditions = [asyncio.Condition()]
        self.barriers = [asyncio.Barrier(2)]
        self.queues: list[asyncio.Queue[int]] = [asyncio.Queue(1), asyncio.Queue(2)]
        self.tasks: list[asyncio.Task[Any]] = []
        self.handles: list[asyncio.Handle] = []
        self.over = False
        self._send = send
        loop.set_exception_handler(self._report)

    def note(self, *facts: object) -> None:
        """Log something; to look at the clock is part of what is compared."""
        if not self.over:
            self.log.append((*facts, self.loop.time()))

    async def play(self, name: str, body: Body) -> None:
        """Do one thing after the other."""
        for place, deed in enumerate(body):
            who = f"{name}.{place} {type(deed).__name__}"
            try:
                await deed.play(self, f"{name}.{place}")
            except (Exception, asyncio.CancelledError) as error:
                self.note(who, type(error).__name__)
                raise
            self.note(who)

    def start(self, name: str, body: Body) -> asyncio.Task[None]:
        """A task that does this."""
        task = self.loop.create_task(self.play(name, body))
        self.tasks.append(task)
        return task

    def start_all(self, name: str, bodies: Sequence[Body]) -> list[asyncio.Task[None]]:
        """A task for each."""
        return [self.start(f"{name}/{place}", body) for place, body in enumerate(bodies)]

    def act(self, act: Act) -> None:
        """Do something at once, as a callback does."""
        self.note("act", act)
        act.act(self)

    def send(self, channel: str, act: Act) -> None:
        """Have something done when the environment pleases, after what was sent there before."""
        self._send(self, channel, act)

    def attempt(self, main: Coroutine[Any, Any, Any], silence: type[Exception]) -> None:
        """Run the loop until this is done, or it ends in another way."""
        task = self.loop.create_task(main)
        self.tasks.append(task)
        # Between runs of the loop nobody looks at the clock: there it is no loop's to say what time it is.
        try:
            self.loop.run_until_complete(task)
        except silence:
            self.log.append(("silence",))
        except (Planned, SystemExit, RuntimeError, asyncio.CancelledError) as error:
            self.log.append(("ended", type(error).__name__))

    def leave(self) -> None:
        """Close the loop and drop what still waits, quietly."""
        self.over = True
        for task in {*self.tasks, *asyncio.all_tasks(self.loop)}:
            _close(task.get_coro())
        self.loop.close()

    def _report(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # What is said about tasks and futures is said when they are dropped, which is nothing that a loop decides.
        if "callback" in context["message"] and "handle" in context:
            self.note("report", repr(context.get("exception")))


def perform(program: Program, stage: Stage, silence: type[Exception]) -> None:
    """The whole run, with an end that leaves nothing behind."""
    loop = stage.loop
    if program.eager:
        loop.set_task_factory(EAGER)
    try:
        if program.pumped:
            loop.stop()
            loop.run_forever()
        stage.attempt(stage.play("main", (Gather(program.actors, tolerant=True),)), silence)
        for _ in range(3):
            stage.attempt(_cancel(stage.tasks), silence)
        stage.attempt(loop.shutdown_asyncgens(), silence)
        stage.attempt(asyncio.sleep(0), silence)
    finally:
        stage.leave()


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    left = [task for task in tasks if not task.done() and task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left)


def _close(coroutine: Any) -> None:
    # Once is not enough for one that awaits something in a `finally`.
    for _ in range(10):
        with suppress(Exception):
            coroutine.close()


# What is done at once, by an actor or by a callback.


@dataclass(frozen=True)
class Resolve:
    future: int

    def act(self, stage: Stage) -> None:
        if not stage.futures[self.future].done():
            stage.futures[self.future].set_result(1)


@dataclass(frozen=True)
class Break:
    future: int

    def act(self, stage: Stage) -> None:
        if not stage.futures[self.future].done():
            stage.futures[self.future].set_exception(Planned("broken"))


@dataclass(frozen=True)
class Renew:
    future: int

    def act(self, stage: Stage) -> None:
        stage.futures[self.future].cancel()
        stage.futures[self.future] = stage.loop.create_future()


@dataclass(frozen=True)
class Signal:
    event: int
    on: bool

    def act(self, stage: Stage) -> None:
        event = stage.events[self.event]
        if self.on:
            event.set()
        else:
            event.clear()


@dataclass(frozen=True)
class Offer:
    queue: int

    def act(self, stage: Stage) -> None:
        with suppress(asyncio.QueueFull):
            stage.queues[self.queue].put_nowait(0)


@dataclass(frozen=True)
class CancelTask:
    task: int

    def act(self, stage: Stage) -> None:
        if stage.tasks:
            stage.tasks[self.task % len(stage.tasks)].cancel()


@dataclass(frozen=True)
class CancelHandle:
    handle: int

    def act(self, stage: Stage) -> None:
        if stage.handles:
            stage.handles[self.handle % len(stage.handles)].cancel()


@dataclass(frozen=True)
class Soon:
    what: Act

    def act(self, stage: Stage) -> None:
        stage.handles.append(stage.loop.call_soon(stage.act, self.what))


@dataclass(frozen=True)
class Later:
    delay: int
    what: Act

    def act(self, stage: Stage) -> None:
        stage.handles.append(stage.loop.call_later(seconds(self.delay), stage.act, self.what))


@dataclass(frozen=True)
class At:
    # From where the clock stood when the run began, so that several callers ask for the same instant.
    instant: int
    what: Act

    def act(self, stage: Stage) -> None:
        stage.handles.append(stage.loop.call_at(1000 + seconds(self.instant), stage.act, self.what))


@dataclass(frozen=True)
class Send:
    channel: str
    what: Act

    def act(self, stage: Stage) -> None:
        stage.send(self.channel, self.what)


@dataclass(frozen=True)
class Fail:
    exit: bool

    def act(self, stage: Stage) -> None:
        raise SystemExit(3) if self.exit else Planned("failed")


@dataclass(frozen=True)
class Stop:
    def act(self, stage: Stage) -> None:
        stage.loop.stop()


Act: TypeAlias = (
    Resolve | Break | Renew | Signal | Offer | CancelTask | CancelHandle | Soon | Later | At | Send | Fail | Stop
)


# What takes an actor some time.


@dataclass(frozen=True)
class Do:
    what: Act

    async def play(self, stage: Stage, name: str) -> None:
        stage.act(self.what)


@dataclass(frozen=True)
class Sleep:
    delay: int | None

    async def play(self, stage: Stage, name: str) -> None:
        await asyncio.sleep(seconds(self.delay))


@dataclass(frozen=True)
class Await:
    future: int
    shielded: bool

    async def play(self, stage: Stage, name: str) -> None:
        future = stage.futures[self.future]
        await (asyncio.shield(future) if self.shielded else future)


@dataclass(frozen=True)
class Join:
    task: int

    async def play(self, stage: Stage, name: str) -> None:
        others = [task for task in stage.tasks if task is not asyncio.current_task()]
        if others:
            await asyncio.wait([others[self.task % len(others)]])


@dataclass(frozen=True)
class Locked:
    lock: int
    body: Body

    async def play(self, stage: Stage, name: str) -> None:
        async with stage.locks[self.lock]:
            stage.note(name, "has the lock")
            await stage.play(name, self.body)


@dataclass(frozen=True)
class Admitted:
    semaphore: int
    body: Body

    async def play(self, stage: Stage, name: str) -> None:
        async with stage.semaphores[self.semaphore]:
            stage.note(name, "is admitted")
            await stage.play(name, self.body)


@dataclass(frozen=True)
class Expect:
    event: int

    async def play(self, stage: Stage, name: str) -> None:
        await stage.events[self.event].wait()


@dataclass(frozen=True)
class Attend:
    condition: int

    async def play(self, stage: Stage, name: str) -> None:
        async with stage.conditions[self.condition]:
            await stage.conditions[self.condition].wait()
            stage.note(name, "was notified")


@dataclass(frozen=True)
class Notify:
    condition: int
    count: int

    async def play(self, stage: Stage, name: str) -> None:
        async with stage.conditions[self.condition]:
            stage.conditions[self.condition].notify(self.count)


@dataclass(frozen=True)
class Meet:
    barrier: int

    async def play(self, stage: Stage, name: str) -> None:
        stage.note(name, await stage.barriers[self.barrier].wait())


@dataclass(frozen=True)
class Put:
    queue: int
    item: int

    async def play(self, stage: Stage, name: str) -> None:
        await stage.queues[self.queue].put(self.item)


@dataclass(frozen=True)
class Get:
    queue: int

    async def play(self, stage: Stage, name: str) -> None:
        stage.note(name, await stage.queues[self.queue].get())
        stage.queues[self.queue].task_done()


@dataclass(frozen=True)
class Drain:
    queue: int

    async def play(self, stage: Stage, name: str) -> None:
        await stage.queues[self.queue].join()


@dataclass(frozen=True)
class Help:
    # Most programs without an order in them end in a deadlock; somebody who lets everybody go on makes for longer ones.
    async def play(self, stage: Stage, name: str) -> None:
        for future in range(len(stage.futures)):
            Resolve(future).act(stage)
        for event in stage.events:
            event.set()
        for queue in stage.queues:
            with suppress(asyncio.QueueEmpty):
                queue.get_nowait()
                queue.task_done()
            with suppress(asyncio.QueueFull):
                queue.put_nowait(9)
        async with stage.conditions[0]:
            stage.conditions[0].notify_all()


@dataclass(frozen=True)
class Raise:
    cancelled: bool

    async def play(self, stage: Stage, name: str) -> None:
        raise asyncio.CancelledError if self.cancelled else Planned(name)


@dataclass(frozen=True)
class Iterate:
    count: int
    wanted: int
    delay: int
    closed: bool

    async def play(self, stage: Stage, name: str) -> None:
        generator = _ticks(stage, name, self.count, self.delay)
        async for tick in generator:
            stage.note(name, tick)
            if tick == self.wanted:
                break
        if self.closed:
            await generator.aclose()


@dataclass(frozen=True)
class Spawn:
    body: Body

    async def play(self, stage: Stage, name: str) -> None:
        stage.start(name, self.body)


@dataclass(frozen=True)
class Group:
    bodies: tuple[Body, ...]

    async def play(self, stage: Stage, name: str) -> None:
        async with asyncio.TaskGroup() as group:
            for place, body in enumerate(self.bodies):
                stage.tasks.append(group.create_task(stage.play(f"{name}/{place}", body)))


@dataclass(frozen=True)
class Gather:
    bodies: tuple[Body, ...]
    tolerant: bool

    async def play(self, stage: Stage, name: str) -> None:
        await asyncio.gather(*stage.start_all(name, self.bodies), return_exceptions=self.tolerant)


@dataclass(frozen=True)
class Wait:
    bodies: tuple[Body, ...]
    until: str
    delay: int | None

    async def play(self, stage: Stage, name: str) -> None:
        timeout = None if self.delay is None else seconds(self.delay)
        tasks = stage.start_all(name, self.bodies)
        done, pending = await asyncio.wait([*tasks, stage.futures[0]], timeout=timeout, return_when=self.until)
        stage.note(name, len(done), len(pending))
        for task in pending & set(tasks):
            task.cancel()


@dataclass(frozen=True)
class Complete:
    bodies: tuple[Body, ...]
    delay: int | None

    async def play(self, stage: Stage, name: str) -> None:
        timeout = None if self.delay is None else seconds(self.delay)
        for place, first in enumerate(asyncio.as_completed(stage.start_all(name, self.bodies), timeout=timeout)):
            await first
            stage.note(name, place)


@dataclass(frozen=True)
class Shield:
    body: Body

    async def play(self, stage: Stage, name: str) -> None:
        await asyncio.shield(stage.start(name, self.body))


@dataclass(frozen=True)
class Within:
    delay: int
    body: Body

    async def play(self, stage: Stage, name: str) -> None:
        async with asyncio.timeout(seconds(self.delay)):
            await stage.play(name, self.body)


@dataclass(frozen=True)
class WaitFor:
    delay: int
    body: Body

    async def play(self, stage: Stage, name: str) -> None:
        await asyncio.wait_for(stage.play(name, self.body), seconds(self.delay))


@dataclass(frozen=True)
class Survive:
    # A program that swallows its cancellation is a bad one, and must be played as faithfully.
    cancellation: bool
    body: Body

    async def play(self, stage: Stage, name: str) -> None:
        kinds = (Exception, asyncio.CancelledError) if self.cancellation else (Exception,)
        try:
            await stage.play(name, self.body)
        except kinds as error:
            stage.note(name, "survived", type(error).__name__)


@dataclass(frozen=True)
class Finally:
    body: Body
    after: Body

    async def play(self, stage: Stage, name: str) -> None:
        try:
            await stage.play(f"{name}.try", self.body)
        finally:
            await stage.play(f"{name}.finally", self.after)


Simple: TypeAlias = (
    Do
    | Sleep
    | Await
    | Join
    | Expect
    | Attend
    | Notify
    | Meet
    | Put
    | Get
    | Drain
    | Help
    | Raise
    | Iterate
)
Nested: TypeAlias = (
    Locked | Admitted | Spawn | Group | Gather | Wait | Complete | Shield | Within | WaitFor | Survive | Finally
)
Body: TypeAlias = tuple["Simple | Nested", ...]


@dataclass(frozen=True)
class Program:
    """Actors; whether the loop is pumped once, to no effect, before they begin; whether tasks begin where they are made."""

    actors: tuple[Body, ...]
    pumped: bool = False
    eager: bool = False


async def _ticks(stage: Stage, name: str, count: int, delay: int) -> AsyncGenerator[int, None]:
    try:
        for tick in range(count):
            yield tick
            await asyncio.sleep(seconds(delay))
    finally:
        stage.note(name, "closes")
        await asyncio.sleep(0)
        stage.note(name, "is closed")


def seconds(delay: int | None) -> float:
    """Seconds of microseconds; nothing is for ever."""
    return math.inf if delay is None else delay / 1_000_000


# Equal ones, adjacent ones, several in one millisecond, and some beyond what a turn may take.
DELAYS = st.sampled_from((0, 1, 2, 300, 500, 1_000, 1_000, 1_001, 1_500, 2_000, 5_000, 20_000, 29_000, 40_000, 90_000))
DEADLINES = st.none() | DELAYS
PLACES = st.integers(0, 7)
_EAGER = st.booleans() if EAGER else st.just(False)  # noqa: FBT003 - what is drawn, not an option
CHANNELS = st.sampled_from(("left", "right"))


def _acts() -> st.SearchStrategy[Act]:
    simple = st.one_of(
        st.builds(Resolve, st.integers(0, 2)),
        st.builds(Break, st.integers(0, 2)),
        st.builds(Renew, st.integers(0, 2)),
        st.builds(Signal, st.integers(0, 1), st.booleans()),
        st.builds(Offer, st.integers(0, 1)),
        st.builds(CancelTask, PLACES),
        st.builds(CancelHandle, PLACES),
        st.sampled_from((Fail(exit=False), Fail(exit=False), Fail(exit=True), Stop())),
    )
    once = st.one_of(simple, st.builds(Later, DELAYS, simple), st.builds(Soon, simple), st.builds(Send, CHANNELS, simple))
    return st.one_of(
        simple,
        st.builds(Soon, once),
        st.builds(Later, DELAYS, once),
        st.builds(Later, DELAYS, once),
        st.builds(At, DELAYS, once),
        st.builds(Send, CHANNELS, once),
        st.builds(Send, CHANNELS, once),
    )


def _simple() -> st.SearchStrategy[Simple]:
    return st.one_of(
        st.builds(Do, _acts()),
        st.builds(Do, _acts()),
        st.builds(Do, st.builds(Send, CHANNELS, _acts())),
        st.builds(Do, st.builds(Later, DELAYS, _acts())),
        st.builds(Sleep, DELAYS),
        st.builds(Sleep, DELAYS),
        st.builds(Sleep, st.sampled_from((0, 0, 1_000, None))),
        st.builds(Iterate, st.integers(0, 3), st.integers(0, 3), DELAYS, st.booleans()),
        st.builds(Await, st.integers(0, 2), st.booleans()),
        st.builds(Join, PLACES),
        st.builds(Expect, st.integers(0, 1)),
        st.builds(Attend, st.just(0)),
        st.builds(Notify, st.just(0), st.integers(1, 2)),
        st.builds(Meet, st.just(0)),
        st.builds(Put, st.integers(0, 1), PLACES),
        st.builds(Get, st.integers(0, 1)),
        st.builds(Drain, st.integers(0, 1)),
        st.builds(Raise, st.booleans()),
        st.builds(Iterate, st.integers(0, 3), st.integers(0, 3), DELAYS, st.booleans()),
    )


def _nested(body: st.SearchStrategy[Body]) -> st.SearchStrategy[Nested]:
    bodies = st.lists(body, min_size=1, max_size=3).map(tuple)
    returns = st.sampled_from(("FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"))
    return st.one_of(
        st.builds(Locked, st.integers(0, 1), body),
        st.builds(Admitted, st.integers(0, 1), body),
        st.builds(Spawn, body),
        st.builds(Group, bodies),
        st.builds(Gather, bodies, st.booleans()),
        st.builds(Wait, bodies, returns, DEADLINES),
        st.builds(Complete, bodies, DEADLINES),
        st.builds(Shield, body),
        st.builds(Within, DELAYS, body),
        st.builds(WaitFor, DELAYS, body),
        st.builds(Survive, st.booleans(), body),
        st.builds(Finally, body, body),
    )


def _bodies(depth: int, size: int) -> st.SearchStrategy[Body]:
    deeds: st.SearchStrategy[Any] = _simple()
    if depth:
        deeds = st.one_of(deeds, _nested(_bodies(depth - 1, 3)))
    return st.lists(deeds, min_size=1, max_size=size).map(tuple)


def _actors() -> st.SearchStrategy[tuple[Body, ...]]:
    helpers = st.lists(DELAYS, max_size=4).map(lambda delays: tuple(deed for delay in delays for deed in (Sleep(delay), Help())))
    return st.tuples(helpers, st.lists(_bodies(2, 5), min_size=1, max_size=4)).map(lambda parts: (*parts[1], parts[0]))


def programs() -> st.SearchStrategy[Program]:
    """Programs of a few actors that get in each other's way."""
    return st.builds(Program, _actors(), st.booleans(), _EAGER)


def small_programs() -> st.SearchStrategy[Program]:
    """Programs whose schedules can be counted."""
    return st.builds(Program, st.lists(_bodies(1, 3), min_size=2, max_size=3).map(tuple), eager=_EAGER)
