"""A redis client of a real server: pipelines, transactions, subscriptions, blocking pops and scripts, many at once."""

import asyncio
import random
import sys

import redis.asyncio as redis

PORT, TASKS, TIMES = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
SCRIPT = "return {redis.call('incr', KEYS[1]), redis.call('time')[2]}"


async def worker(client: "redis.Redis", name: int) -> None:
    run = client.register_script(SCRIPT)
    for number in range(TIMES):
        print("script", name, await run(keys=["all"]), flush=True)
        async with client.pipeline(transaction=True) as pipeline:
            for word in ("a", "b", "c"):
                pipeline.hincrby(f"hash {name}", word, random.randrange(100))
            print(await pipeline.execute())
        await client.publish("news", f"{name} {number}")
        await client.lpush("work", f"{name} {number}")
        print("popped", await client.brpop(["work"], timeout=1), await client.srandmember("members", 2))
        await client.sadd("members", f"{name} {number}")
        await client.set(f"short {name}", "x" * 10_000, px=random.randrange(1, 20))
        await asyncio.sleep(random.uniform(0, 0.01))
        print(len(await client.get(f"short {name}") or b""))


async def subscriber(client: "redis.Redis") -> None:
    async with client.pubsub() as channel:
        await channel.subscribe("news")
        async for message in channel.listen():
            print("heard", message["type"], message["data"])


async def main() -> None:
    async with redis.Redis(host="127.0.0.1", port=PORT) as client:
        hearing = asyncio.create_task(subscriber(client))
        async with asyncio.TaskGroup() as group:
            for name in range(TASKS):
                group.create_task(worker(client, name))
        await asyncio.sleep(0.02)
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        print("over", await client.info("server"), sorted(await client.keys()))


asyncio.run(main())
