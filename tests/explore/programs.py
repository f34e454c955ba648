"""Small programs with a race each, and twins that have none."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

from tests.planted.zoo.patterns import abba


async def lost_update() -> None:
    """Two tasks read, wait and write; on time they come one after the other."""
    balance = 100

    async def deposit(after: float) -> None:
        nonlocal balance
        await asyncio.sleep(after)
        read = balance
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        balance = read + 10

    await asyncio.gather(deposit(0.001), deposit(0.005))
    assert balance == 120


async def locked_update() -> None:
    """The same with a lock."""
    balance, lock = 100, asyncio.Lock()

    async def deposit(after: float) -> None:
        nonlocal balance
        await asyncio.sleep(after)
        async with lock:
            read = balance
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            balance = read + 10

    await asyncio.gather(deposit(0.001), deposit(0.005))
    assert balance == 120


async def late_reply() -> None:
    """A client whose patience ends before its answer comes takes the answer of the first request for its second."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(b"re: " + line)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 8000)
    reader, writer = await asyncio.open_connection("127.0.0.1", 8000)
    for number in (1, 2):
        writer.write(f"{number}\n".encode())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                assert await reader.readline() == f"re: {number}\n".encode()
    writer.close()
    server.close()


async def drawn() -> None:
    """Fails for one draw in eight, whatever the schedule."""
    await asyncio.sleep(0)
    assert random.randrange(8)


async def sequential() -> None:
    """Nothing can happen here but what happens."""
    for _ in range(5):
        await asyncio.sleep(0)


RACES: dict[str, Any] = {each.__name__: each for each in (lost_update, late_reply, abba)}
