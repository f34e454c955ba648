"""aiohttp: who is cancelled as a connection becomes free tells nobody, and all others wait (aio-libs/aiohttp #9670)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp

from tests.planted.published import peers


async def main() -> None:
    server = await asyncio.start_server(peers.http, "127.0.0.1", 8080)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1), timeout=timeout) as session:

        async def get(after: float = 0) -> None:
            await asyncio.sleep(after)
            async with session.get("http://127.0.0.1:8080/") as response:
                assert await response.text() == "ok"

        async def give_up() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.020):
                    await get()

        # The last of them finds that a connection is free.
        await asyncio.gather(get(), give_up(), get(), get(after=1))
    server.close()
