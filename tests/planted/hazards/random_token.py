"""A session whose token comes from a library written in C."""

import asyncio
import ssl


async def login(user: str) -> str:
    token = ssl.RAND_bytes(4).hex()  # hazard: outside
    await asyncio.sleep(0.001)
    return f"{user}:{token}"


async def main() -> None:
    print(await login("ann"))


if __name__ == "__main__":
    asyncio.run(main())
