"""A crawler that starts a task for each host of a set."""

import asyncio


async def fetch(host: str, seen: list[str]) -> None:
    await asyncio.sleep(0.01)
    seen.append(host)


async def main() -> None:
    hosts = {"alpha.example", "beta.example", "gamma.example", "delta.example"}
    seen: list[str] = []
    async with asyncio.TaskGroup() as group:
        for host in hosts:  # hazard: hash seed
            group.create_task(fetch(host, seen))
    print("first seen:", seen[0])


if __name__ == "__main__":
    asyncio.run(main())
