"""Peers of the programs in the zoo: servers that answer at once, and how they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

PORT = 7000

Answer = Callable[[bytes], bytes]


@asynccontextmanager
async def serving(answer: Answer = bytes, port: int = PORT) -> AsyncIterator[asyncio.Server]:
    """A server that answers each line with what this makes of it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(answer(line.strip()) + b"\n")
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    try:
        yield server
    finally:
        server.close()


async def ask(line: bytes = b"ask", port: int = PORT) -> bytes:
    """The answer to one line, over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(line + b"\n")
        return (await reader.readline()).strip()
    finally:
        writer.close()
