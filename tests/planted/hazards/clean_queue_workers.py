"""Workers, a bounded queue, and a timer that speaks up now and then."""

import asyncio


async def work(name: str, queue: asyncio.Queue[int], done: dict[str, list[int]]) -> None:
    while True:
        job = await queue.get()
        await asyncio.sleep(0.002 * (job % 3))
        done.setdefault(name, []).append(job)
        queue.task_done()


async def report(done: dict[str, list[int]]) -> None:
    while True:
        await asyncio.sleep(0.01)
        print("done so far:", sum(map(len, done.values())))


async def main() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(maxsize=3)
    done: dict[str, list[int]] = {}
    others = [asyncio.create_task(work(name, queue, done)) for name in ("a", "b", "c")]
    others.append(asyncio.create_task(report(done)))
    for job in range(20):
        await queue.put(job)
    await queue.join()
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    print(done)


if __name__ == "__main__":
    asyncio.run(main())
