"""Replicas are asked region by region; which regions there are is a difference of sets."""

import asyncio

ALL = frozenset({"eu", "us", "ap", "sa", "af"})


async def ask(region: str, log: list[str]) -> int:
    log.append(region)
    await asyncio.sleep(0.005)
    return len(region)


async def main() -> None:
    log: list[str] = []
    regions = ALL - {"sa"}
    sizes = await asyncio.gather(*(ask(region, log) for region in regions))  # hazard: hash seed
    print(sum(sizes), " then ".join(log))


if __name__ == "__main__":
    asyncio.run(main())
