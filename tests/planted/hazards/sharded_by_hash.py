"""A cache in four shards, each with a queue of its own."""

import asyncio

KEYS = ("user:1", "user:2", "user:3", "cart:1", "cart:2")


async def store(queue: asyncio.Queue[str], shard: int, log: list[str]) -> None:
    while not queue.empty():
        log.append(f"{shard}={await queue.get()}")
        await asyncio.sleep(0)


async def main() -> None:
    shards: list[asyncio.Queue[str]] = [asyncio.Queue() for _ in range(4)]
    for key in KEYS:
        shard = hash(key) % len(shards)  # hazard: hash seed
        await shards[shard].put(key)
    log: list[str] = []
    await asyncio.gather(*(store(queue, number, log) for number, queue in enumerate(shards)))
    print(log)


if __name__ == "__main__":
    asyncio.run(main())
