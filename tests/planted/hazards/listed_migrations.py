"""Migrations that are applied in the order in which they are listed."""

import asyncio
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "migrations")


async def apply(name: str) -> None:
    await asyncio.sleep(0.001)
    print("applied", name)


async def main() -> None:
    for name in os.listdir(FOLDER):  # hazard: directory listings
        if name.endswith(".sql"):
            await apply(name)


if __name__ == "__main__":
    asyncio.run(main())
