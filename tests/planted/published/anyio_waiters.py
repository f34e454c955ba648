"""anyio: a lock that is released once its only waiter was cancelled is never given again (agronholm/anyio #1145)."""

from __future__ import annotations

import asyncio

import anyio


async def main() -> None:
    lock = anyio.Lock()

    async def hold() -> None:
        async with lock:
            await asyncio.sleep(0.010)

    async def take() -> None:
        await asyncio.sleep(0.011)
        async with lock:
            pass

    async def give_up() -> None:
        with anyio.move_on_after(0.012):
            async with lock:
                pass

    await asyncio.gather(hold(), give_up(), take())
