"""What takes an actor some time, and the programs that are made of it: plain data, each with the way to do it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.laws.acts import Act, Resolve, seconds
from tests.laws.stage import Planned, Stage


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
                playing = stage.play(f"{name}/{place}", body)
                try:
                    stage.tasks.append(group.create_task(playing))
                except RuntimeError:
                    # A group that shuts down takes no more, and before Python 3.13 leaves it to its giver to close it.
                    playing.close()
                    raise


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
        waited: list[asyncio.Future[Any]] = [*tasks, stage.futures[0]]
        done, pending = await asyncio.wait(waited, timeout=timeout, return_when=self.until)
        stage.note(name, len(done), len(pending))
        # Not in the order of the set, where the bare future has its place by address.
        for task in tasks:
            if task in pending:
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
    Do | Sleep | Await | Join | Expect | Attend | Notify | Meet | Put | Get | Drain | Help | Raise | Iterate
)
Nested: TypeAlias = (
    Locked | Admitted | Spawn | Group | Gather | Wait | Complete | Shield | Within | WaitFor | Survive | Finally
)
Body: TypeAlias = tuple["Simple | Nested", ...]


@dataclass(frozen=True)
class Program:
    """Actors, and how they begin: after the loop was pumped once, to no effect, and with tasks that start at once."""

    actors: tuple[Body, ...]
    pumped: bool = False
    eager: bool = False

    def all_actors(self) -> Body:
        """All of them at once."""
        return (Gather(self.actors, tolerant=True),)


async def _ticks(stage: Stage, name: str, count: int, delay: int) -> AsyncGenerator[int, None]:
    try:
        for tick in range(count):
            yield tick
            await asyncio.sleep(seconds(delay))
    finally:
        stage.note(name, "closes")
        await asyncio.sleep(0)
        stage.note(name, "is closed")
