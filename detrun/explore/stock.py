"""Stock asyncio, told by a script what its clock reads, which sockets are ready, and how much arrives.

This text becomes part of scripts that know nothing of detrun: it imports the standard library only. The event loop is
CPython's own; what comes from outside of it, time and sockets, is real but waits until the script says so.
"""

from __future__ import annotations

import asyncio
import heapq
import importlib.util
import inspect
import os
import random
import runpy
import selectors
import socket
import sys
import time
from asyncio import base_events, events
from collections import deque
from typing import Any

SECOND = 1_000_000_000
# Every callback and every look at the clock takes so many nanoseconds.
TICK = 1_000
START = 1_000 * SECOND
BIRTHDAY = 1_767_225_600 * SECOND
# How long a socket may take, in real seconds, to become ready when the script says that it is.
PATIENCE = 5.0
# What a call that gives nothing gives, and one of whom nothing is known.
EAGAIN, ANYTHING = -1, -2

real_socket: Any = socket.socket
real_monotonic = time.monotonic


class Impossible(Exception):
    """The script asks for what this program or this machine does not do."""


class Silence(Exception):
    """Nothing is ready, nothing is due, nothing arrives: everybody waits for ever."""


class Script:
    """What is to happen: for each iteration the clock and the sockets, for each socket what it gives."""

    def __init__(self, iterations: Any, results: Any) -> None:
        self.iterations = deque(iterations)
        self.results = {number: deque(each) for number, each in results.items()}
        # Sockets are numbered as they are made, once the program runs.
        self.counting = self.over = False
        self.sockets: dict[int, Any] = {}
        self.made = 0

    def result(self, number: int) -> int | None:
        """What the next read or accept of a socket gives: so many bytes, or that there is nothing yet."""
        left = self.results.get(number)
        return None if self.over or not left else left.popleft()


class Socket(real_socket):  # type: ignore[misc]  # whatever it is here
    """A real socket that gives as much as the script says."""

    script: Script

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.number = 0
        if self.script.counting:
            self.script.made += 1
            self.number = self.script.made
            self.script.sockets[self.fileno()] = self

    def accept(self) -> Any:
        if self.script.result(self.number) == EAGAIN:
            raise BlockingIOError
        return super().accept()

    def recv(self, size: int, *flags: int) -> bytes:
        wanted = self.script.result(self.number)
        if wanted == EAGAIN:
            raise BlockingIOError
        if wanted is None or wanted < 0:
            return super().recv(size, *flags)  # type: ignore[no-any-return]
        data, deadline = b"", real_monotonic() + PATIENCE
        while real_monotonic() < deadline:
            try:
                part = super().recv(wanted - len(data) or 1, *flags)
            except BlockingIOError:
                continue
            data += part
            if not part or len(data) >= wanted > 0:
                break
        return data

    def recv_into(self, buffer: Any, size: int = 0, *flags: int) -> int:
        data = self.recv(size or len(buffer), *flags)
        buffer[: len(data)] = data
        return len(data)


class Selector:
    """Answers as the script says, with sockets that are really ready."""

    def __init__(self, loop: Loop, real: Any, script: Script) -> None:
        self._loop = loop
        self._real = real
        self._script = script

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let the clock read what it reads next, and give what is ready by then."""
        script = self._script
        if script.over:
            return self._freely(timeout)
        if not script.iterations:
            if timeout is None or timeout >= base_events.MAXIMUM_SELECT_TIMEOUT:  # type: ignore[attr-defined]
                raise Silence("nothing is ready, nothing is due and nothing arrives: everybody waits for ever")
            raise Impossible("the script is at its end, and the program is not")
        reading, ready = script.iterations.popleft()
        if reading < self._loop.now:
            raise Impossible(f"the clock goes back by {self._loop.now - reading} ns")
        if not ready and reading - self._loop.now < (timeout or 0) * SECOND - SECOND // 1_000_000:
            raise Impossible(f"a wait for {timeout} s ends with nothing after {(reading - self._loop.now) / SECOND} s")
        self._loop.now = reading
        return [self._await(number, mask) for number, mask in ready]

    def _await(self, number: int, mask: int) -> Any:
        """The socket of this number, once it is ready."""
        deadline = real_monotonic() + PATIENCE
        while real_monotonic() < deadline:
            for key, events_ in self._real.select(0.01):
                made = self._script.sockets.get(key.fd)
                if made is not None and made.number == number and events_ & mask:
                    return key, mask
        raise Impossible(f"socket {number} is not ready when it should be")

    def _freely(self, timeout: float | None) -> list[Any]:
        ready: list[Any] = self._real.select(0.05 if timeout is None else 0)
        if not ready and timeout:
            self._loop.now += int(timeout * SECOND) + TICK
        return ready


class Timer(events.TimerHandle):
    """Ordered by deadline, then by creation: asyncio leaves open which of two comes first."""

    def __init__(self, number: int, *call: Any) -> None:
        super().__init__(*call)
        self._order = (self._when, number)  # type: ignore[attr-defined]

    def __lt__(self, other: Any) -> bool:
        return bool(self._order < other._order)


class Task(asyncio.Task):  # type: ignore[type-arg]
    """A task whose place in a set follows from when it was made, and not from where it lies."""

    number = 0

    def __hash__(self) -> int:
        return self.number


class Loop(asyncio.SelectorEventLoop):
    """CPython's event loop, but for what it has from the machine."""

    def __init__(self, script: Script) -> None:
        self.now = START
        self._looking = False
        self._timers = self._tasks = 0
        self._script = script
        real = selectors.DefaultSelector()
        super().__init__(real)
        self._selector: Any = Selector(self, real, script)
        self._clock_resolution = 1 / SECOND

    def time(self) -> float:
        """What the clock reads; a program that looks at it thereby spends a tick, the loop itself does not."""
        return self.look() / SECOND

    def look(self) -> int:
        """The same in nanoseconds."""
        if not self._looking:
            self.now += TICK
        return self.now

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
        self._check_closed()  # type: ignore[attr-defined]
        self._timers += 1
        timer: Any = Timer(self._timers, when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)  # type: ignore[attr-defined]
        timer._scheduled = True
        return timer

    def create_task(self, coro: Any, **options: Any) -> Any:
        self._check_closed()  # type: ignore[attr-defined]
        if self.get_task_factory() is not None:
            return super().create_task(coro, **options)
        self._tasks += 1
        task: Any = Task.__new__(Task)
        task.number = self._tasks
        task.__init__(coro, loop=self, **options)
        return task

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
        return socket.getaddrinfo(host, port, **options)

    def _run_once(self) -> None:
        self._looking = True
        try:
            super()._run_once()  # type: ignore[misc]
        finally:
            self._looking = False

    def run_forever(self) -> None:
        try:
            super().run_forever()
        finally:
            # What the script is about is over when the program's loop first stops.
            self._script.over = True

    @property
    def _clock_resolution(self) -> float:
        # The loop adds this to its last look at the clock; from here on, whoever looks is the program.
        self._looking = False
        return self._resolution

    @_clock_resolution.setter
    def _clock_resolution(self, seconds: float) -> None:
        self._resolution = seconds


def play(target: str, arguments: list[str], seed: int, iterations: Any, results: Any) -> None:
    """Run a program along a script, in its directory.

    The exit status is 1 if it fails, 0 if it does not, 2 if it cannot be told.
    """
    script = Script(iterations, results)
    Socket.script = script
    vars(socket)["socket"] = Socket
    random.seed(seed)
    loop = Loop(script)
    _set_clocks(loop)
    for module in (asyncio, events):
        vars(module)["new_event_loop"] = lambda: loop
    try:
        _run(_program(target, arguments), loop, script)
    except Impossible as error:
        sys.stderr.write(f"cannot be told: {error}\n")
        sys.stderr.flush()
        os._exit(2)


def _set_clocks(loop: Loop) -> None:
    def wall() -> int:
        return loop.look() - START + BIRTHDAY

    clocks = {"time": wall, "monotonic": loop.look, "perf_counter": loop.look}
    for name, clock in clocks.items():
        vars(time)[name] = lambda clock=clock: clock() / SECOND
        vars(time)[f"{name}_ns"] = clock


def _program(target: str, arguments: list[str]) -> Any:
    place, _, function = target.partition(":")
    sys.argv[:] = [place, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(place)) if os.path.isfile(place) else os.getcwd())
    if not os.path.isfile(place):
        if not function:
            return lambda: runpy.run_module(place, run_name="__main__", alter_sys=True)
        return getattr(importlib.import_module(place), function)
    if not function:
        return lambda: runpy.run_path(place, run_name="__main__")
    name = os.path.basename(place).removesuffix(".py")
    spec: Any = importlib.util.spec_from_file_location(name, place)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, function)


def _run(program: Any, loop: Loop, script: Script) -> None:
    script.counting = True
    result = program()
    if not inspect.iscoroutine(result):
        return
    try:
        loop.run_until_complete(loop.create_task(result))
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
