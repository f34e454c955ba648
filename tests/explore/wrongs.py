"""Programs that the network makes fail: one needs a broken connection, one that something comes late or in parts."""

from __future__ import annotations

import asyncio
import weakref

PORT = 7000


async def lost_update() -> None:
    """Who hears nothing for a second says it again, though it was heard the first time."""
    balance = 0

    async def add(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal balance
        while await reader.readline():
            balance += 1
            writer.write(b"done\n")
        writer.close()

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        writer.write(b"add\n")
        try:
            async with asyncio.timeout(1):
                answered = await reader.readline()
        except (TimeoutError, OSError):
            answered = b""
        writer.close()
        if not answered:
            await ask()

    async with await asyncio.start_server(add, "127.0.0.1", PORT):
        for _ in range(3):
            await ask()
    assert balance == 3, balance


async def half_a_line() -> None:
    """What is read at once is taken for a whole message."""
    seen: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            seen.append(data)
            writer.write(b"ok")
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", PORT):
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        for _ in range(2):
            writer.write(b"message")
            await reader.read(2)
        writer.close()
    assert all(each == b"message" for each in seen), seen


async def broken() -> None:
    """A connection that breaks is nothing that anybody thought of."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(line)
        except OSError:
            pass
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", PORT):
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        for _ in range(3):
            writer.write(b"line\n")
            assert await reader.readline() == b"line\n"
        writer.close()


class _Node:
    me: object = None


async def collected() -> None:
    """What only knows itself is looked for, and may be gone."""
    node = _Node()
    node.me = node
    known = weakref.ref(node)
    del node
    for _ in range(100):
        await asyncio.sleep(0)
    assert known() is not None
