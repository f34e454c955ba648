"""anyio: a lock is given to a waiter that is cancelled at that moment, and kept for ever (agronholm/anyio #387)."""

from __future__ import annotations

import asyncio

import anyio


async def main() -> None:
    lock = anyio.Lock()

    async def hold() -> None:
        async with lock:
            await asyncio.sleep(0.010)

    async def give_up() -> None:
        with anyio.move_on_after(0.020):
            async with lock:
                pass

    async def take() -> None:
        await asyncio.sleep(0.005)
        async with lock:
            pass

    await asyncio.gather(hold(), give_up(), take())
