"""redis: a command that is cancelled leaves its answer to the next one (redis/redis-py #2665, GHSA-8fww-64cx-x8p5)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from redis.asyncio import Redis

from tests.planted.published import peers


async def main() -> None:
    server = await asyncio.start_server(peers.redis, "127.0.0.1", 6379)
    redis = Redis(port=6379, max_connections=1)
    with suppress(TimeoutError):
        async with asyncio.timeout(0.050):
            await redis.get("one")
    assert await redis.get("two") == b"two"
    await redis.connection_pool.disconnect()
    server.close()
