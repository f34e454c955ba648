"""Where a program is played: what its actors share, the log of what they see, and a run from beginning to end.

It knows neither detrun nor the referee, nor which deeds there are.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from tests.laws.acts import Act
    from tests.laws.deeds import Body, Program

# Python 3.12 brought it.
EAGER = getattr(asyncio, "eager_task_factory", None)

Entry: TypeAlias = tuple[object, ...]


class Planned(Exception):
    """What a program raises on purpose."""


class Stage:
    """What the actors of one run share, and the log of what they saw."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, log: list[Entry], send: Callable[[Stage, str, Act], None]
    ) -> None:
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
        left = [task for task in {*self.tasks, *asyncio.all_tasks(self.loop)} if not task.done()]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.loop.close()
            for task in left:
                _close(task.get_coro())

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
        stage.attempt(stage.play("main", program.all_actors()), silence)
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
