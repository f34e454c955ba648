"""A program that checks more, and waits for it, when it is debugged."""

import asyncio


async def check() -> None:
    await asyncio.sleep(0.05)
    print("checked")


async def main() -> None:
    if asyncio.get_running_loop().get_debug():  # hazard: debug mode
        await check()
    print("done")


if __name__ == "__main__":
    asyncio.run(main())
