"""redis: a pipeline that is cancelled leaves its answers to the next command (redis/redis-py #2624, CVE-2023-28858)."""

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
            pipeline = redis.pipeline(transaction=False)
            for name in ("one", "two"):
                pipeline.get(name)
            await pipeline.execute()
    assert await redis.get("three") == b"three"
    await redis.connection_pool.disconnect()
    server.close()
