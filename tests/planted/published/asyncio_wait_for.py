"""asyncio: `wait_for` forgets a cancellation that comes with the result (python/cpython #86296, until 3.12)."""

from __future__ import annotations

import asyncio


async def main() -> None:
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    async def work() -> None:
        await asyncio.wait_for(answer, 60)
        await asyncio.Event().wait()

    working = asyncio.create_task(work())
    loop.call_later(0.010, answer.set_result, 1)
    loop.call_later(0.020, working.cancel)
    await asyncio.wait([working])
