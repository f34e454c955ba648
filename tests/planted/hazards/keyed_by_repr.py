"""Results are kept under a key made of the handler's text."""

import asyncio
from collections.abc import Awaitable, Callable


async def main() -> None:
    results: dict[str, int] = {}

    def handler(size: int) -> Callable[[], Awaitable[int]]:
        async def handle() -> int:
            await asyncio.sleep(0)
            return size

        return handle

    for handle in [handler(size) for size in range(5)]:
        key = str(handle)  # hazard: heap layout
        results[key] = await handle()
    print([results[key] for key in sorted(results, key=lambda key: key[::-1])])


if __name__ == "__main__":
    asyncio.run(main())
