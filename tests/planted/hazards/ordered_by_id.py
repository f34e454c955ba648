"""Jobs in a heap of equal priorities: ties are broken by id."""

import asyncio
import heapq


class Job:
    def __init__(self, name: str) -> None:
        self.name = name


async def main() -> None:
    jobs = [Job(name) for name in ("resize", "encode", "upload", "notify", "index", "purge")]
    waiting = [(1, id(job), job.name) for job in jobs]  # hazard: heap layout
    heapq.heapify(waiting)
    while waiting:
        _, _, name = heapq.heappop(waiting)
        await asyncio.sleep(0)
        print("ran", name)


if __name__ == "__main__":
    asyncio.run(main())
