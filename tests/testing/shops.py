"""A small shop that sells one ticket too many, and what may become of it."""

from __future__ import annotations

BUGGY = """
import asyncio

async def main():
    left = 1

    async def pay():
        for _ in range(3):
            await asyncio.sleep(0)

    async def buy(after):
        nonlocal left
        await asyncio.sleep(after)
        if left:
            await pay()
            left -= 1

    await asyncio.gather(buy(0.001), buy(0.004))
    assert left == 0, left
"""
# Nobody looks while somebody pays.
FIXED = BUGGY.replace("left = 1\n", "left = 1\n    lock = asyncio.Lock()\n").replace(
    "        if left:\n            await pay()\n            left -= 1\n",
    "        async with lock:\n            if left:\n                await pay()\n                left -= 1\n",
)
RENAMED = BUGGY.replace("buy(", "purchase(")
ELSEWHERE = BUGGY.replace("async def main()", "async def start()")
BROKEN = BUGGY.replace("    left = 1\n", "    left = 1\n    raise RuntimeError('closed')\n")
