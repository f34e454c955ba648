"""Tasks whose order in sets, whose names and whose place in `all_tasks` depend on nothing but the run.

asyncio keeps tasks in sets (`TaskGroup`, `wait`, `as_completed`, `all_tasks`), and walks those when it cancels. Tasks
hash by address, so that the order of a shutdown differs from run to run. A number given at creation mends it.
"""

from __future__ import annotations

import asyncio
import asyncio.tasks
from itertools import chain
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from detrun.model import EventId
from detrun.scheduler.ordering import OrderedSet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from detrun.scheduler.loop import Loop


class Task(asyncio.Task[Any]):
    """A task of a detrun loop, numbered in order of creation; an origin of external operations.

    There is no `__init__`: a constructor in Python would cost a third of a spawn. The loop that makes a task adopts it.
    """

    __slots__ = ("count", "key", "number", "unnamed")
    key: int
    count: int
    number: int
    unnamed: int

    def __hash__(self) -> int:
        try:
            return self.number
        except AttributeError:  # made by calling the type itself, which no loop does
            self._loop.adopt(self)
            return self.number

    def get_name(self) -> str:
        """The name it was given, or its number among the unnamed tasks of the run."""
        return super().get_name() or f"Task-{self.unnamed}"

    def cancel(self, msg: Any = None) -> bool:
        """Request cancellation; an outgoing operation, for its order is what sets of tasks used to scramble."""
        self._loop.home.engine.trace.note(EventId((hash(self), 0)))
        return super().cancel(msg)

    if TYPE_CHECKING:
        _loop: Loop


class Registry(WeakSet[Any]):
    """asyncio's register of all tasks, which yields the tasks of each detrun loop in order of creation.

    A `Task` is not kept here but by its loop, in a list: half the cost of a spawn was this register's.
    """

    def add(self, item: Any) -> None:
        if type(item) is not Task:
            super().add(item)
        elif item._loop.factory is not None and not hasattr(item, "number"):
            item._loop.adopt(item)  # made by a factory of the program's, which need not give it to us

    def __iter__(self) -> Iterator[Any]:
        return chain(super().__iter__(), *(loop.tasks() for loop in list(LOOPS)))


# Those of all runs that go on, by creation. A run that ends takes its own away: a weak set costs as much as a step.
LOOPS: dict[Loop, None] = {}


def ordered(items: Iterable[Any] = ()) -> Collection[Any]:
    """What `set` is inside `asyncio.tasks`: whatever a set is made from keeps its order there.

    `wait` and `as_completed` make sets of what they are given, futures and coroutines, which hash by address; they only
    walk and count them. The sets that they hand out start empty, and are sets that keep their order.
    """
    return dict.fromkeys(items) or OrderedSet()


def keep_order() -> None:
    """Give asyncio an ordered register and ordered sets; once per process, and harmless to other loops."""
    registered = vars(asyncio.tasks).get("_scheduled_tasks")
    if registered is None:  # 3.11
        registered = vars(asyncio.tasks)["_all_tasks"]
    registered.__class__ = Registry
    vars(asyncio.tasks)["set"] = ordered  # shadows the built-in one in that module
