"""anyio: whoever is cancelled just as it has acquired a lock keeps it (agronholm/anyio #398)."""

from __future__ import annotations

import asyncio

import anyio


async def main() -> None:
    lock = anyio.Lock()

    async def use() -> None:
        await asyncio.sleep(0.010)
        async with lock:
            await asyncio.sleep(0.001)

    using = asyncio.create_task(use())
    asyncio.get_running_loop().call_later(0.011, using.cancel)
    await asyncio.wait([using])
    async with lock:
        pass
