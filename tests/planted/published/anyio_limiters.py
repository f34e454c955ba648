"""anyio: a token that is given back while a waiter is woken up is lent to two (agronholm/anyio #1170)."""

from __future__ import annotations

import asyncio

import anyio


async def main() -> None:
    limiter = anyio.CapacityLimiter(1)

    async def borrow(after: float) -> None:
        await asyncio.sleep(after)
        async with limiter:
            assert limiter.available_tokens == 0
            await asyncio.sleep(0.010)

    async def snatch() -> None:
        await asyncio.sleep(0.013)
        try:
            limiter.acquire_nowait()
        except anyio.WouldBlock:
            return
        assert limiter.available_tokens == 0
        await asyncio.sleep(0.005)
        limiter.release()

    await asyncio.gather(borrow(0.001), borrow(0.002), snatch())
