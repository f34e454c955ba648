"""Tasks and futures of a loop: made by it, numbered by it, known to it until they are gone."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

from detrun.scheduler.scheduling import Scheduling
from detrun.scheduler.tasks import LOOPS, Task

if TYPE_CHECKING:
    from contextvars import Context as Variables

    from detrun.scheduler.contexts import Context

Factory = Callable[..., Any]
_THEIRS = asyncio.Task
# asyncio's own factory makes tasks of asyncio's own type; a loop that is given it makes its own, as eagerly.
_EAGER: Factory | None = getattr(asyncio, "eager_task_factory", None)


class Spawning(Scheduling):
    """The part of a loop that makes tasks; each is an origin, and an operation of whoever made it."""

    def __init__(self, home: Context) -> None:
        super().__init__(home)
        self.factory: Factory | None = None
        self._tasks: list[ref[Task]] = []
        self._crowd = 64
        LOOPS[self] = None  # type: ignore[index]  # which every loop is that is made

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Any, *, name: Any = None, context: Variables | None = None, eager_start: bool = False
    ) -> asyncio.Task[Any]:
        if self.factory is None and not eager_start and not self._closed:
            # Who serves makes a task for each request: this is `adopt`, without its calls.
            task, trace = Task(coro, loop=self, name=name or "", context=context), self._trace
            trace.tasks = task.number = trace.tasks + 1
            if name is None:
                trace.unnamed = task.unnamed = trace.unnamed + 1
            task.key, task.count = hash(self.operation()), 0
            self._tasks.append(ref(task))
            if len(self._tasks) > self._crowd:
                self._sweep()
            return task
        if self._closed:
            self.check_open()
        if eager_start or self.factory is _EAGER is not None:
            return self._start(coro, name, context)
        return cast("asyncio.Task[Any]", self._manufacture(coro, name, context))

    def set_task_factory(self, factory: Factory | None) -> None:
        if factory is not None and not callable(factory):
            raise TypeError("task factory must be a callable or None")
        self.factory = factory

    def get_task_factory(self) -> Factory | None:
        return self.factory

    def tasks(self) -> Iterator[Task]:
        """The tasks of this loop that still exist, in order of creation."""
        return (task for known in self._tasks if (task := known()) is not None)

    def unfinished(self) -> list[Task]:
        """Those of them that are not done."""
        return [task for known in self._tasks if (task := known()) is not None and not task.done()]

    def adopt(self, task: Task, name: Any = None) -> Task:
        """Number a task, make it an origin, and know it from now on."""
        trace = self._trace
        trace.tasks = task.number = trace.tasks + 1
        if name is None:
            trace.unnamed = task.unnamed = trace.unnamed + 1
        task.key = hash(self.operation())
        task.count = 0
        self._know(task)
        return task

    def abandon(self) -> None:
        """Let the tasks go that have not begun, without anybody being told."""
        for task in self.tasks():
            coro = task.get_coro()
            if inspect.iscoroutine(coro) and inspect.getcoroutinestate(coro) == inspect.CORO_CREATED:
                coro.close()

    def _know(self, task: Any) -> None:
        # asyncio promises no more than a weak reference. The dead ones are swept now and then: cheaper than callbacks.
        self._tasks.append(ref(task))
        if len(self._tasks) > self._crowd:
            self._sweep()

    def _sweep(self) -> None:
        self._tasks = [known for known in self._tasks if known() is not None]
        self._crowd = 2 * len(self._tasks) + 64

    def _start(self, coro: Any, name: Any, context: Variables | None) -> Task:
        # An eager task runs inside its constructor, and may be hashed there: it is adopted before.
        task = self.adopt(Task.__new__(Task), name)
        try:
            task.__init__(coro, loop=self, name=name or "", context=context, eager_start=True)  # type: ignore[misc]
        except SystemError as error:
            # An exit leaves an eager task while C hashes it to forget it, and C takes a hash in Python for the culprit.
            asyncio.tasks._unregister_eager_task(task)  # type: ignore[attr-defined]
            raise error.__cause__ or error from None
        return task

    def _manufacture(self, coro: Any, name: Any, context: Variables | None) -> Any:
        assert self.factory is not None
        with _making_ours():
            task = self.factory(self, coro) if context is None else self.factory(self, coro, context=context)
        if type(task) is not Task:
            self._know(task)
        if name is not None and hasattr(task, "set_name"):
            task.set_name(name)
        return task


@contextmanager
def _making_ours() -> Iterator[None]:
    """Let a program's factory that makes tasks of asyncio's own type make ours, which have a number to hash by."""
    asyncio.Task = asyncio.tasks.Task = Task  # type: ignore[misc]
    try:
        yield
    finally:
        asyncio.Task = asyncio.tasks.Task = _THEIRS  # type: ignore[misc]
