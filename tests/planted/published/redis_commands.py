"""redis: a command that is cancelled leaves its answer to the next one (redis/redis-py #2665, GHSA-8fww-64cx-x8p5)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from redis.asyncio import Redis


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each command with its last word."""
    with suppress(ConnectionError):
        while head := await reader.readline():
            words = []
            for _ in range(int(head[1:])):
                length = int((await reader.readline())[1:])
                words.append((await reader.readexactly(length + 2))[:-2])
            last = words[-1]
            writer.write(b"$%d\r\n%s\r\n" % (len(last), last) if words[0] == b"GET" else b"+OK\r\n")
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 6379)
    redis = Redis(port=6379, max_connections=1)
    with suppress(TimeoutError):
        async with asyncio.timeout(0.050):
            await redis.get("one")
    assert await redis.get("two") == b"two"
    await redis.connection_pool.disconnect()
    server.close()
