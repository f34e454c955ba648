"""Async functions to test, one with a race and one without."""

from __future__ import annotations

import asyncio


async def count_to_three() -> None:
    """Nothing can go wrong."""
    for _ in range(3):
        await asyncio.sleep(1)


async def double_booking() -> None:
    """Two look before either has booked."""
    left = 1

    async def book(after: float) -> None:
        nonlocal left
        await asyncio.sleep(after)
        if left:
            for _ in range(3):
                await asyncio.sleep(0)
            left -= 1

    await asyncio.gather(book(0.001), book(0.004))
    assert left == 0
