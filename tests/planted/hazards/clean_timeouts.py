"""Timeouts, shields and cancellation, with margins that no machine is too slow for."""

import asyncio


async def slow(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return f"slept {seconds}"


async def main() -> None:
    try:
        async with asyncio.timeout(0.5):
            await slow(5)
    except TimeoutError:
        print("timed out")
    kept = asyncio.create_task(slow(1))
    try:
        await asyncio.wait_for(asyncio.shield(kept), 0.2)
    except TimeoutError:
        print("still running:", not kept.done())
    print(await kept)
    for future in asyncio.as_completed([slow(0.3), slow(0.1), slow(0.2)]):
        print(await future)


if __name__ == "__main__":
    asyncio.run(main())
