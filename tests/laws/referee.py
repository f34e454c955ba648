"""The referee: CPython's own event loop, told by a script what its clock reads and what arrives when it selects.

It knows nothing of detrun. What a script makes it do, stock asyncio does on a machine whose turns take that long.
"""

from __future__ import annotations

import asyncio
import heapq
from asyncio import base_events, events
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

SECOND = 1_000_000_000
TICK = 1_000
START = 1_000 * SECOND


@dataclass(frozen=True)
class Iteration:
    """What one `select` gives: the clock's reading at its end, in ns, and the channels whose next message is in."""

    reading: int
    arrivals: tuple[str, ...] = ()


class Impossible(AssertionError):
    """The script asks for what no clock and no selector does."""


class Silence(Exception):
    """The selector would wait for ever."""


class Referee(base_events.BaseEventLoop):
    """Stock asyncio, but for what it has from the machine: time, events, the order of what is hashed by address."""

    def __init__(self, script: Iterable[Iteration]) -> None:
        super().__init__()
        self.now = START
        self._clock_resolution = 1 / SECOND
        self._selector = Selector(self, script)
        self._asyncgens = OrderOfFirstStep()
        self._timers = self._tasks = 0
        self._looking = False

    def time(self) -> float:
        """What the clock reads; a program that looks at it thereby spends a tick, the loop itself does not."""
        if not self._looking:
            self.now += TICK
        return self.now / SECOND

    def send(self, channel: str, receive: Callable[..., object], *message: Any) -> None:
        """Put a message on its way; when it arrives, the script says."""
        self._selector.sent[channel].append(events.Handle(receive, message, self, None))

    def finish(self) -> None:
        """Object if the script goes on."""
        self._selector.finish()

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> events.TimerHandle:
        """As stock asyncio does; timers of one deadline have an order, which it leaves open: that of creation."""
        self._check_closed()
        self._timers += 1
        timer = Timer(self._timers, when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def create_task(self, coro: Any, **options: Any) -> Any:
        """As stock asyncio does, except that sets of tasks have an order, which it leaves to their addresses."""
        self._check_closed()
        self._tasks += 1
        task = NumberedTask.__new__(NumberedTask)
        task.number = self._tasks
        if self._task_factory is not None:  # asyncio's eager one, since others would make tasks of other types
            options["eager_start"] = True
        try:
            task.__init__(coro, loop=self, **options)  # type: ignore[misc]
        except SystemError as error:
            # An exit leaves an eager task while C hashes it to forget it, and C takes a hash in Python for the culprit.
            asyncio.tasks._unregister_eager_task(task)  # type: ignore[attr-defined]
            raise error.__cause__ or error from None
        return task

    def _run_once(self) -> None:
        self._looking = True
        try:
            super()._run_once()  # type: ignore[misc]
        finally:
            self._looking = False

    def _process_events(self, event_list: list[events.Handle]) -> None:
        self._ready.extend(event_list)

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""

    @property
    def _clock_resolution(self) -> float:
        # The loop adds this to its last look at the clock; from here on, whoever looks is the program.
        self._looking = False
        return self._resolution

    @_clock_resolution.setter
    def _clock_resolution(self, seconds: float) -> None:
        self._resolution = seconds

    # What CPython's loop has and typeshed does not tell.
    _ready: deque[Any]
    _scheduled: list[Any]
    _task_factory: Any
    _check_closed: Callable[[], None]


class Selector:
    """Answers as the script says, and objects where no selector could."""

    def __init__(self, loop: Referee, script: Iterable[Iteration]) -> None:
        self.sent: defaultdict[str, deque[events.Handle]] = defaultdict(deque)
        self._loop = loop
        self._script = deque(script)

    def select(self, timeout: float | None) -> list[events.Handle]:
        """Let the clock read what it reads next, and give what arrives by then."""
        endless = timeout is None or timeout >= base_events.MAXIMUM_SELECT_TIMEOUT  # type: ignore[attr-defined]
        if endless and not (self._script and self._script[0].arrivals):
            raise Silence("nothing is ready, nothing is due and nothing arrives")
        if not self._script:
            raise Impossible("the script is at its end, and the loop is not")
        iteration = self._script.popleft()
        self._pass(iteration, timeout or 0)
        return [self._arrived(channel) for channel in iteration.arrivals]

    def finish(self) -> None:
        """Object if the script goes on."""
        if self._script:
            raise Impossible(f"the loop is at its end, and the script goes on with {self._script[0]}")

    def _pass(self, iteration: Iteration, timeout: float) -> None:
        spent = (iteration.reading - self._loop.now) / SECOND
        if spent < 0:
            raise Impossible(f"the clock goes back by {-spent} s")
        if not iteration.arrivals and spent < timeout - 1 / SECOND:
            raise Impossible(f"a select for {timeout} s returns with nothing after {spent} s")
        self._loop.now = iteration.reading

    def _arrived(self, channel: str) -> events.Handle:
        if not self.sent[channel]:
            raise Impossible(f"a message arrives on {channel} that nobody sent")
        return self.sent[channel].popleft()


class Timer(events.TimerHandle):
    """Ordered by deadline, then by creation."""

    def __init__(self, number: int, *call: Any) -> None:
        super().__init__(*call)
        self._order = (self._when, number)

    def __lt__(self, other: Any) -> bool:
        return bool(self._order < other._order)

    _when: float
    _scheduled: bool


class NumberedTask(asyncio.Task[Any]):
    """A task whose place in a set follows from when it was made."""

    number: int

    def __hash__(self) -> int:
        return self.number


class OrderOfFirstStep:
    """The asynchronous generators of a loop, oldest first, where stock asyncio has a weak set."""

    def __init__(self) -> None:
        self._alive: WeakValueDictionary[int, Any] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._alive)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._alive.values()))

    def add(self, generator: Any) -> None:
        self._alive[id(generator)] = generator

    def discard(self, generator: Any) -> None:
        self._alive.pop(id(generator), None)

    def clear(self) -> None:
        self._alive.clear()
