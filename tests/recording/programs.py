"""Generated programs that use all that a run has: tasks, timers, queues, streams, threads, signals and randomness."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from hypothesis import strategies as st

Log = list[object]
Step = tuple[str, int]
Body = tuple[Step, ...]
FAULTS = ("split", "delay", "reset")

DELAYS = (0.0, 0.0, 0.001, 0.001, 0.0013, 0.002, 0.02)
KINDS = (
    *("sleep", "draw", "put", "get", "talk", "work", "jobs", "thread", "signal", "spawn", "timer", "event", "lock"),
    "yield",
)


def programs() -> st.SearchStrategy[tuple[Body, ...]]:
    """A few tasks, each with a few things to do, one after another."""
    step = st.tuples(st.sampled_from(KINDS), st.integers(0, 6))
    return st.lists(st.lists(step, min_size=1, max_size=6).map(tuple), min_size=1, max_size=4).map(tuple)


def main(bodies: tuple[Body, ...], log: Log) -> Callable[[], Coroutine[Any, Any, None]]:
    """The program, which logs what it sees."""
    return lambda: _Stage(log).play(bodies)


class _Stage:
    """What the tasks of a program share."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.queue: asyncio.Queue[int] = asyncio.Queue(2)
        self.lock = asyncio.Lock()
        self.event = asyncio.Event()
        self.port = 0
        self.numbers: Iterator[int] = count()
        self.spawned: list[asyncio.Task[None]] = []

    async def play(self, bodies: tuple[Body, ...]) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)  # a server that is closed complains of whoever was being served
        loop.add_signal_handler(signal.SIGUSR1, self.log.append, "signal")
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            await asyncio.gather(*(self._body(body) for body in bodies), return_exceptions=True)
            await asyncio.gather(*self.spawned, return_exceptions=True)
        self.log.append("over")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4):
            writer.write(data.upper())
            await writer.drain()
        writer.close()

    async def _body(self, body: Body) -> None:
        number = next(self.numbers)
        for kind, size in body:
            try:
                async with asyncio.timeout(0.5):
                    await getattr(self, f"_{kind}")(size)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                self.log.append((number, kind, type(error).__name__))
            else:
                self.log.append((number, kind, size, time.time()))

    async def _sleep(self, size: int) -> None:
        await asyncio.sleep(DELAYS[size])

    async def _yield(self, size: int) -> None:
        for _ in range(size):
            await asyncio.sleep(0)

    async def _draw(self, size: int) -> None:
        drawn = (random.random, lambda: secrets.token_hex(4), uuid.uuid4, lambda: os.urandom(3))
        self.log.append(drawn[size % len(drawn)]())
        await asyncio.sleep(random.random() / 100)

    async def _put(self, size: int) -> None:
        await self.queue.put(size)

    async def _get(self, _: int) -> None:
        self.log.append(await self.queue.get())

    async def _talk(self, size: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(b"abcdefghijkl"[: size + 1])
            self.log.append(await reader.readexactly(size + 1))
        finally:
            writer.close()

    async def _work(self, size: int) -> None:
        await asyncio.gather(*(asyncio.to_thread(time.sleep, DELAYS[n]) for n in range(size % 4)))

    async def _jobs(self, size: int) -> None:
        """Jobs on threads of the program's own: some give something, some fail, some are given up."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(2) as pool:
            jobs = [loop.run_in_executor(pool, _job, n) for n in range(size)]
            if size % 3 == 2:
                jobs[-1].cancel()
            self.log.append([str(given) for given in await asyncio.gather(*jobs, return_exceptions=True)])

    async def _thread(self, size: int) -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def work() -> None:
            time.sleep(DELAYS[size])
            loop.call_soon_threadsafe(done.set)

        threading.Thread(target=work).start()
        await done.wait()

    async def _signal(self, _: int) -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        await asyncio.sleep(0)

    async def _spawn(self, size: int) -> None:
        self.spawned.append(asyncio.create_task(self._sleep(size)))

    async def _timer(self, size: int) -> None:
        asyncio.get_running_loop().call_later(DELAYS[size], self.event.set)

    async def _event(self, _: int) -> None:
        await self.event.wait()
        self.event.clear()

    async def _lock(self, size: int) -> None:
        async with self.lock:
            await asyncio.sleep(DELAYS[size])


def _job(number: int) -> float:
    time.sleep(DELAYS[number])
    if number == 3:
        raise KeyError(number)
    return number + random.random()
