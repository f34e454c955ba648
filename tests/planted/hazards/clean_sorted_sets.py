"""Sets that are put in order before anybody walks them."""

import asyncio


async def fetch(host: str, seen: list[str]) -> None:
    await asyncio.sleep(0.001 * len(host))
    seen.append(host)


async def main() -> None:
    hosts = {"alpha.example", "beta.example", "gamma.example", "delta.example"}
    seen: list[str] = []
    async with asyncio.TaskGroup() as group:
        for host in sorted(hosts):
            group.create_task(fetch(host, seen))
    print(seen, len(hosts & set(seen)), max(hosts))


if __name__ == "__main__":
    asyncio.run(main())
