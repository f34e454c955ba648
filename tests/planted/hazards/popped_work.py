"""Workers that take what is pending from a set, until nothing is left."""

import asyncio

pending = {f"job-{number}" for number in range(8)}
done: list[str] = []


async def work(name: str) -> None:
    while pending:
        job = pending.pop()  # hazard: hash seed
        await asyncio.sleep(0.001)
        done.append(f"{name}:{job}")


async def main() -> None:
    await asyncio.gather(work("a"), work("b"))
    print(done)


if __name__ == "__main__":
    asyncio.run(main())
