"""Handlers that register themselves when they are imported, and run in that order."""

import asyncio

from handlers import REGISTRY, audit, billing  # type: ignore[import-not-found]  # hazard: import order

assert audit is not billing


async def main() -> None:
    for handler in REGISTRY:
        await asyncio.sleep(0.001)
        print("handled by", handler)


if __name__ == "__main__":
    asyncio.run(main())
