"""A stream that nobody reads to its end; what it has open is closed when the collector finds it."""

import asyncio
from collections.abc import AsyncIterator


class Reader:
    def __init__(self) -> None:
        self.lines = self.read()

    async def read(self) -> AsyncIterator[int]:
        try:
            for number in range(3):
                yield number
                await asyncio.sleep(0)
        finally:
            print("closed")  # hazard: garbage collection


async def peek() -> int:
    return await anext(Reader().lines)


async def main() -> None:
    print("first:", await peek())
    for number in range(4):
        await asyncio.sleep(0.001)
        print("tick", number)


if __name__ == "__main__":
    asyncio.run(main())
