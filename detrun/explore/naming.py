"""Readable names of events, and back: who asked for what, for the how-manieth time. One run at a time.

A name follows from where an operation came from, as an id does, and from nothing that other tasks did before: it is the
same in every run in which the event exists, and after changes elsewhere in the program.
"""

from __future__ import annotations

import re
from asyncio import futures
from collections import Counter
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from detrun.explore.nearing import NEVER
from detrun.explore.watching import Watching
from detrun.model import BEGINNING, EventId, signed, spelled
from detrun.runtime.control import Control
from detrun.runtime.lines import Line
from detrun.scheduler import garbage
from detrun.scheduler.channels import HANDLER
from detrun.scheduler.choices import turns
from detrun.scheduler.engine import Engine
from detrun.scheduler.hooks import hooked
from detrun.scheduler.network.faults import KINDS
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
    from detrun.scheduler.trace import Trace

# What makes the keys of a connection's other end, and of what its callbacks do, of the key of its wire.
_ANSWER, _READY = -2, -1
# What makes the key of a session's other line of that of the first.
_BACK = 0
# What timers of asyncio's own are for, by the name of what they call.
_TIMERS = {
    futures._set_result_unless_cancelled.__name__: "sleep",  # type: ignore[attr-defined]
    "_release_waiter": "timeout",
    "Timeout._on_timeout": "timeout",
}
END = "the end"
_SPELLED = re.compile(r"([0-9a-f]{16})\.(-?\d+)")


class Names:
    """The names of what one run asks for; complete as far as the run has come."""

    def __init__(self) -> None:
        self._ids: dict[str, EventId] = {END: NEVER}
        self._names: dict[EventId, str] = {NEVER: END}
        self._owners: dict[int, str] = {garbage.ORIGIN: "collection of garbage"}
        self._turns: dict[int, EventId] = {turns(BEGINNING): BEGINNING}
        self._counts: Counter[tuple[int, str]] = Counter()
        # What belongs to nobody in particular, so that its parts need no prefix.
        self._roots: set[int] = set()
        self._last = BEGINNING
        self._tasks: list[int] = []
        self._coro: Any = None
        # The input that is asked about and is a task, which is not there yet; and those that are, by task.
        self._expected: EventId | None = None
        self._started: dict[int, EventId] = {}
        # The task made last, if nobody named it.
        self._unnamed = (0, BEGINNING, "")
        self._trace: Trace

    def name(self, event: EventId) -> str:
        """What a person calls this event."""
        if event in self._names:
            return self._names[event]
        origin, count = event
        if origin in self._turns:
            last = self._turns[origin]
            after = "the beginning" if last == BEGINNING else self.name(last)
            return f"turn {count} after {after}"
        owner = self._owners.get(origin)
        return spelled(event) if owner is None else f"{owner}#{count}"

    def id(self, name: str) -> EventId | None:
        """The event of this name, if there was one in the run."""
        if name in self._ids:
            return self._ids[name]
        turn, after, event = name.partition(" after ")
        if after and turn.startswith("turn ") and turn[5:].isdecimal():
            last = BEGINNING if event == "the beginning" else self.id(event)
            return None if last is None else EventId((turns(last), int(turn[5:])))
        if (spelled_out := _SPELLED.fullmatch(name)) is not None:
            # What nobody has a name for.
            return EventId((signed(spelled_out[1]), int(spelled_out[2])))
        owner, _, count = name.rpartition("#")
        origin = next((key for key, known in self._owners.items() if known == owner), None)
        return None if origin is None or not count.lstrip("-").isdecimal() else EventId((origin, int(count)))

    def way(self, event: EventId) -> str:
        """What a person calls the way by which a message comes."""
        return self._owners.get(event[0]) or self.name(event)

    def before(self, event: EventId) -> EventId | None:
        """The event after which this turn is, if it is a turn."""
        return self._turns.get(event[0])

    def happened(self, name: str) -> bool:
        """Whether the run had an event of this name."""
        return name in self._ids or name.startswith("turn ")

    def nearest(self, name: str) -> str | None:
        """What may be meant by a name that nothing has."""
        return next(iter(get_close_matches(name, self._ids, n=1, cutoff=0.3)), None)

    @contextmanager
    def given(self) -> Iterator[Names]:
        """Name what runs ask for meanwhile."""
        with hooked(
            (Scheduling, Scheduling.operation, self._operation),
            (Engine, Engine.operation, self._operation),
            (Scheduling, Scheduling._arm, self._arm),
            (Spawning, Spawning.create_task, self._create),
            (Spawning, Spawning.adopt, self._adopt),
            (Task, Task.set_name, self._rename),
            (Network, Network.wire, self._wire),
            (Line, Line.__init__, self._line),
            (Line, Line.send, self._frame),
            (Control, Control.order, self._order),
            (Engine, Engine.channel, self._channel),
        ):
            yield self

    def watch(self, engine: Engine) -> None:
        """Learn what is delivered."""
        self._trace = engine.trace
        engine.trace.observers.append(self.know)

    def know(self, delivery: Delivery | Thread) -> None:
        """Know of what is being delivered."""
        event = self._trace.last
        if isinstance(delivery, Thread):
            self._owners.setdefault(delivery.key, delivery.name)
        self._turns.setdefault(turns(event), event)
        self._ids.setdefault(self.name(event), event)

    def expect(self, each: Input) -> None:
        """Know of an input; a task is called what it is called, whether it does anything or not."""
        if not each.client:
            self._expected = each.id
            return
        self._own_input(each.id, self._numbered(EventId((each.origin, 0)), f"{each.client}/{each.what}"))

    def task(self, task: Any) -> str:
        """What a person calls a task."""
        return self._owners.get(getattr(task, "key", 0)) or str(task.get_name())

    def _operation(self, real: Callable[..., EventId], *arguments: Any) -> EventId:
        self._last = event = real(*arguments)
        return event

    def _arm(self, real: Callable[..., TimerHandle], loop: Any, *arguments: Any) -> TimerHandle:
        self._root(loop)
        timer = real(loop, *arguments)
        called = getattr(timer.call[0], "__qualname__", type(timer.call[0]).__qualname__)
        name = self._numbered(timer.id, _TIMERS.get(called) or _TIMERS.get(_last(called)) or _last(called))
        self._names[timer.id] = name
        self._ids.setdefault(name, timer.id)
        self._owners.setdefault(hash(timer.id), name)
        return timer

    def _create(self, real: Callable[..., Any], loop: Any, coro: Any, **options: Any) -> Any:
        before, self._coro = self._coro, coro
        try:
            task = real(loop, coro, **options)
        finally:
            self._coro = before
        if isinstance(task, Task) and task.key not in self._owners:
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
        called = _last(getattr(coro, "__qualname__", type(coro).__qualname__))
        if self._last[0] in self._roots and not any(key in self._roots for key in self._tasks):
            # The first task of a loop is the program itself.
            self._owners[task.key] = called
            self._roots.add(task.key)
        elif name is not None:
            self._owners[task.key] = self._numbered(self._last, str(name), bare=True)
        else:
            self._owners[task.key] = self._numbered(self._last, called)
            self._unnamed = (task.key, self._last, called)
        self._tasks.append(task.key)
        if self._expected is not None:
            self._started[task.key], self._expected = self._expected, None
            self._own_input(self._started[task.key], self._owners[task.key])

    def _own_input(self, event: EventId, name: str) -> None:
        self._names[event] = name
        self._ids.setdefault(name, event)

    def _rename(self, real: Callable[..., None], task: Any, name: object) -> None:
        real(task, name)
        key, operation, called = self._unnamed
        if getattr(task, "key", 0) == key and operation == self._last:
            # As asyncio does it with a name that is given where the task is made.
            self._counts[operation[0], called] -= 1
            self._owners[key] = self._numbered(operation, str(name), bare=True)
            if key in self._started:
                self._ids.pop(self._names[self._started[key]], None)
                self._own_input(self._started[key], self._owners[key])

    def _wire(self, real: Callable[..., Any], network: Network, *arguments: Any, **options: Any) -> Any:
        wire = real(network, *arguments, **options)
        if wire.key not in self._owners:
            kind, _, verb = wire.name.partition(" ")
            self._own(wire.key, self._numbered(self._last, kind.partition("#")[0], of=verb), verb)
        return wire

    def _line(self, real: Callable[..., None], line: Line, engine: Engine, home: Any, key: int, *rest: Any) -> None:
        """A line of a session, which is named by who began it, and by the door that it leads to."""
        real(line, engine, home, key, *rest)
        if key == hash(self._last):
            label = self._numbered(self._last, f"to {home.name}")
            self._owners[key] = self._owners[hash((key, HANDLER))] = label
            self._owners[hash((key, _BACK))] = f"{label} (back)"

    def _frame(self, real: Callable[..., None], line: Line, *frame: Any) -> None:
        real(line, *frame)
        verb = str(frame[-1]).partition("/")[2].partition(" from ")[0]
        self._sent(line, self._numbered(EventId((line.key, 0)), verb))
        event = line.queue[-1].id
        for number, kind in enumerate(KINDS, start=1):
            self._owners[hash((hash(event), number))] = f"{kind} at {self._names[event]}"

    def _order(self, real: Callable[..., None], control: Control, what: str, *rest: Any) -> None:
        for key in (control.key, hash((control.key, HANDLER))):
            self._owners.setdefault(key, control.home.name)
        real(control, what, *rest)
        self._sent(control, self._numbered(EventId((control.key, 0)), what))

    def _sent(self, channel: Channel, name: str) -> None:
        event = channel.queue[-1].id
        self._names[event] = name
        self._ids.setdefault(name, event)

    def _channel(self, real: Callable[..., Any], engine: Any, home: Any, *arguments: Any) -> Any:
        channel = real(engine, home, *arguments)
        self._owners[channel.key] = channel.name
        self._owners[hash((channel.key, HANDLER))] = channel.name
        return channel

    def _own(self, key: int, label: str, verb: str) -> None:
        """A connection, and everything whose key is made of its own."""
        self._owners[key] = f"{label} {verb}".rstrip()
        self._owners[hash((key, _READY))] = label
        answer = hash((key, _ANSWER))
        self._owners[answer] = f"{label} (server) {verb}".rstrip()
        self._owners[hash((answer, _READY))] = f"{label} (server)"
        for end, owner in ((key, label), (answer, f"{label} (server)")):
            for number, kind in enumerate(KINDS, start=1):
                self._owners[hash((end, number))] = f"{kind} at {owner}"

    def _numbered(self, operation: EventId, what: str, *, of: str = "", bare: bool = False) -> str:
        """The next of this kind that the operation's origin asks for."""
        origin = operation[0]
        self._counts[origin, what + of] += 1
        count = self._counts[origin, what + of]
        number = "" if bare and count == 1 else f"#{count}"
        owner = self._owners.get(origin, "")
        prefix = "" if not owner or (origin in self._roots and what not in _TIMERS.values()) else f"{owner}/"
        return f"{prefix}{what}{number}"

    def _root(self, loop: Any) -> None:
        home = loop.home
        if home.origin.key not in self._owners:
            self._owners[home.origin.key] = home.name
            self._roots.add(home.origin.key)


class Naming(Watching):
    """Answers as another strategy does, and has names learn what happens."""

    def __init__(self, inner: Strategy, names: Names) -> None:
        super().__init__(inner)
        self.names = names

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        self.names.watch(engine)

    def leaves_out(self, each: Input) -> bool:
        self.names.expect(each)
        return super().leaves_out(each)


def _last(qualified: str) -> str:
    """A function's own name, with that of its class."""
    name = qualified.rpartition("<locals>.")[2]
    return "callback" if name == "<lambda>" else name
