"""An indexer that works until its time is up, and then lets others run."""

import asyncio
import time


async def index(documents: list[str]) -> int:
    began, indexed = time.perf_counter(), 0
    for _ in documents:
        if time.perf_counter() - began > 0.0005:  # hazard: clock rate
            break
        indexed += 1
    await asyncio.sleep(0)
    return indexed


async def main() -> None:
    print("indexed", await index(["text"] * 2_000))


if __name__ == "__main__":
    asyncio.run(main())
