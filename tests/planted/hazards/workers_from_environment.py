"""As many workers as a variable says."""

import asyncio
import os


async def work(number: int) -> int:
    await asyncio.sleep(0.001 * number)
    return number


async def main() -> None:
    count = int(os.environ.get("CRAWLER_WORKERS", "3"))  # hazard: environment
    print(await asyncio.gather(*(work(number) for number in range(count))))


if __name__ == "__main__":
    asyncio.run(main())
