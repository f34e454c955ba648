"""Giving names while a run goes on: what asks for operations is listened in on. One run at a time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from detrun.explore.names import Names
from detrun.explore.watching import Watching
from detrun.model import BEGINNING, EventId
from detrun.recording.recording import TIMERS
from detrun.runtime.control import Control
from detrun.runtime.lines import Line
from detrun.scheduler.channels import HANDLER
from detrun.scheduler.engine import Engine
from detrun.scheduler.hooks import hooked
from detrun.scheduler.network.network import Network
from detrun.scheduler.scheduling import Scheduling
from detrun.scheduler.spawning import Spawning
from detrun.scheduler.tasks import Task
from detrun.scheduler.threads.thread import Thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detrun.scheduler.channels import Channel
    from detrun.scheduler.handles import Delivery, TimerHandle
    from detrun.scheduler.inputs import Input
    from detrun.scheduler.strategies.strategy import Strategy

# What makes the keys of a connection's other end, and of what its callbacks do, of the key of its wire.
_ANSWER, _READY = -2, -1
# What makes the key of a session's other line of that of the first.
_BACK = 0


class Naming(Watching):
    """Answers as another strategy does, and has names for what its run asks for."""

    def __init__(self, inner: Strategy) -> None:
        super().__init__(inner)
        self.names = Names()
        # The last operation, and the tasks so far.
        self._last = BEGINNING
        self._tasks: list[int] = []
        self._coro: Any = None
        # The input that is asked about and is a task, which is not there yet; and those that are, by task.
        self._expected: EventId | None = None
        self._started: dict[int, EventId] = {}
        # The task made last, if nobody named it.
        self._unnamed = (0, BEGINNING, "")

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        engine.trace.observers.append(self._know)

    def leaves_out(self, each: Input) -> bool:
        # A task is called what it is called, whether it does anything or not.
        if each.client:
            self.names.call(each.id, self.names.numbered(each.origin, f"{each.client}/{each.what}"))
        else:
            self._expected = each.id
        return super().leaves_out(each)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Name what is asked for meanwhile."""
        with hooked(
            (Scheduling, Scheduling.operation, self._operation),
            (Engine, Engine.operation, self._operation),
            (Scheduling, Scheduling.arm, self._arm),
            (Spawning, Spawning.create_task, self._create),
            (Spawning, Spawning.adopt, self._adopt),
            (Task, Task.set_name, self._rename),
            (Network, Network.wire, self._wire),
            (Line, Line.__init__, self._line),
            (Line, Line.send, self._frame),
            (Control, Control.order, self._order),
            (Engine, Engine.channel, self._channel),
        ):
            yield

    def _know(self, event: Delivery | Thread) -> None:
        if isinstance(event, Thread) and not self.names.knows(event.key):
            self.names.own(event.key, event.name)
        self.names.happens(self._trace.last)

    def _operation(self, real: Callable[..., EventId], *arguments: Any) -> EventId:
        self._last = event = real(*arguments)
        return event

    def _arm(self, real: Callable[..., TimerHandle], loop: Any, *arguments: Any) -> TimerHandle:
        self._root(loop)
        timer = real(loop, *arguments)
        called = getattr(timer.call[0], "__qualname__", type(timer.call[0]).__qualname__)
        name = self.names.numbered(timer.id[0], TIMERS.get(called) or TIMERS.get(_last(called)) or _last(called))
        self.names.call(timer.id, name)
        if not self.names.knows(key := hash(timer.id)):
            self.names.own(key, name)
        return timer

    def _create(self, real: Callable[..., Any], loop: Any, coro: Any, **options: Any) -> Any:
        before, self._coro = self._coro, coro
        try:
            task = real(loop, coro, **options)
        finally:
            self._coro = before
        if isinstance(task, Task) and not self.names.knows(task.key):
            self._call(loop, task, coro, options.get("name"))
        return task

    def _adopt(self, real: Callable[..., Any], loop: Any, task: Any, name: Any = None) -> Any:
        # An eager task has a key before it has a coroutine, and runs before anybody has it.
        adopted = real(loop, task, name)
        self._call(loop, task, self._coro or task.get_coro(), name)
        return adopted

    def _call(self, loop: Any, task: Any, coro: Any, name: Any) -> None:
        """Have a name for a new task, which is the last operation there was."""
        self._root(loop)
        names, origin = self.names, self._last[0]
        called = _last(getattr(coro, "__qualname__", type(coro).__qualname__))
        if names.is_root(origin) and not any(map(names.is_root, self._tasks)):
            # The first task of a loop is the program itself.
            names.root(task.key, called)
        elif name is not None:
            names.own(task.key, names.numbered(origin, str(name), bare=True))
        else:
            names.own(task.key, names.numbered(origin, called))
            self._unnamed = (task.key, self._last, called)
        self._tasks.append(task.key)
        if self._expected is not None:
            self._started[task.key], self._expected = self._expected, None
            names.call(self._started[task.key], names.task(task))

    def _rename(self, real: Callable[..., None], task: Any, name: object) -> None:
        real(task, name)
        key, operation, called = self._unnamed
        if getattr(task, "key", 0) == key and operation == self._last:
            # As asyncio does it with a name that is given where the task is made.
            names, origin = self.names, operation[0]
            names.take_back(origin, called)
            names.own(key, names.numbered(origin, str(name), bare=True))
            if key in self._started:
                names.rename(self._started[key], names.task(task))

    def _wire(self, real: Callable[..., Any], network: Network, *arguments: Any, **options: Any) -> Any:
        wire = real(network, *arguments, **options)
        if not self.names.knows(wire.key):
            kind, _, verb = wire.name.partition(" ")
            label = self.names.numbered(self._last[0], kind.partition("#")[0], of=verb)
            self._own_end(wire.key, label, verb)
            self._own_end(hash((wire.key, _ANSWER)), f"{label} (server)", verb)
        return wire

    def _own_end(self, key: int, label: str, verb: str) -> None:
        """One end of a connection, and everything whose key is made of its own."""
        self.names.own(key, f"{label} {verb}".rstrip())
        self.names.own(hash((key, _READY)), label)
        self.names.own_faults(key, label)

    def _line(self, real: Callable[..., None], line: Line, engine: Engine, home: Any, key: int, *rest: Any) -> None:
        """A line of a session, which is named by who began it, and by the door that it leads to."""
        real(line, engine, home, key, *rest)
        if key == hash(self._last):
            label = self.names.numbered(self._last[0], f"to {home.name}")
            self._own_channel(key, label)
            self.names.own(hash((key, _BACK)), f"{label} (back)")

    def _frame(self, real: Callable[..., None], line: Line, *frame: Any) -> None:
        real(line, *frame)
        verb = str(frame[-1]).partition("/")[2].partition(" from ")[0]
        name = self._sent(line, verb)
        self.names.own_faults(hash(line.queue[-1].id), name)

    def _order(self, real: Callable[..., None], control: Control, what: str, *rest: Any) -> None:
        if not self.names.knows(control.key):
            self._own_channel(control.key, control.home.name)
        real(control, what, *rest)
        self._sent(control, what)

    def _sent(self, channel: Channel, what: str) -> str:
        name = self.names.numbered(channel.key, what)
        self.names.call(channel.queue[-1].id, name)
        return name

    def _channel(self, real: Callable[..., Any], engine: Any, home: Any, *arguments: Any) -> Any:
        channel = real(engine, home, *arguments)
        self._own_channel(channel.key, channel.name)
        return channel

    def _own_channel(self, key: int, label: str) -> None:
        self.names.own(key, label)
        self.names.own(hash((key, HANDLER)), label)

    def _root(self, loop: Any) -> None:
        home = loop.home
        if not self.names.knows(home.origin.key):
            self.names.root(home.origin.key, home.name)


def _last(qualified: str) -> str:
    """A function's own name, with that of its class."""
    name = qualified.rpartition("<locals>.")[2]
    return "callback" if name == "<lambda>" else name
