"""anyio: a waiter that is cancelled just as it gets a token takes it along (agronholm/anyio #947)."""

from __future__ import annotations

import asyncio

import anyio


async def main() -> None:
    limiter = anyio.CapacityLimiter(1)

    async def hold() -> None:
        async with limiter:
            await asyncio.sleep(0.010)

    async def give_up() -> None:
        with anyio.move_on_after(0.020):
            async with limiter:
                pass

    async def take() -> None:
        await asyncio.sleep(0.005)
        async with limiter:
            pass

    await asyncio.gather(hold(), give_up(), take())
