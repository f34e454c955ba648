"""Groups in which somebody fails, and who is waited for first."""

import asyncio


class TooLate(Exception):
    pass


async def step(name: str, delay: float, log: list[str]) -> str:
    try:
        await asyncio.sleep(delay)
    except asyncio.CancelledError:
        log.append(f"{name} cancelled")
        raise
    if name == "bad":
        raise TooLate(name)
    return name


async def main() -> None:
    log: list[str] = []
    try:
        async with asyncio.TaskGroup() as group:
            for name, delay in (("one", 0.3), ("bad", 0.1), ("two", 0.2), ("three", 0.4)):
                group.create_task(step(name, delay, log), name=name)
    except* TooLate as errors:
        log.append(repr(errors.exceptions))
    tasks = {asyncio.create_task(step(name, 0.05, log)) for name in ("x", "y", "z")}
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    log.extend(sorted(task.result() for task in done))
    print(log)


if __name__ == "__main__":
    asyncio.run(main())
