"""Files that are sent as they are found."""

import asyncio
from pathlib import Path

FOLDER = Path(__file__).parent / "migrations"


async def send(queue: asyncio.Queue[str]) -> None:
    for path in FOLDER.glob("*.sql"):  # hazard: directory listings
        await queue.put(path.stem)


async def main() -> None:
    queue: asyncio.Queue[str] = asyncio.Queue()
    await send(queue)
    print([queue.get_nowait() for _ in range(queue.qsize())])


if __name__ == "__main__":
    asyncio.run(main())
