"""asyncio: whoever is notified and cancelled at once takes the notification with him (python/cpython #112202)."""

from __future__ import annotations

import asyncio


async def main() -> None:
    condition, items = asyncio.Condition(), list[int]()

    async def take() -> None:
        async with condition:
            while not items:
                await condition.wait()
            items.pop()

    async def put() -> None:
        await asyncio.sleep(0.010)
        async with condition:
            items.append(1)
            condition.notify()

    first, second = asyncio.create_task(take()), asyncio.create_task(take())
    asyncio.get_running_loop().call_later(0.020, first.cancel)
    await put()
    await asyncio.wait([first])
    if not items:
        await put()
    await second
