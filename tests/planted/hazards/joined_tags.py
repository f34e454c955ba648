"""A worker that puts one line of tags on a queue."""

import asyncio


def line_of(tags: set[str]) -> str:
    return ",".join(tags)  # hazard: hash seed


async def publish(queue: asyncio.Queue[str]) -> None:
    await queue.put(line_of({"urgent", "billing", "europe", "retry"}))


async def main() -> None:
    queue: asyncio.Queue[str] = asyncio.Queue()
    publisher = asyncio.create_task(publish(queue))
    print(await queue.get())
    await publisher


if __name__ == "__main__":
    asyncio.run(main())
