"""A pool that logs which connection it lends."""

import asyncio
import logging
import sys


class Connection:
    async def ping(self) -> bool:
        await asyncio.sleep(0.002)
        return True


async def main() -> None:
    logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s", level=logging.INFO)
    connection = Connection()
    logging.info("lending %r", connection)  # hazard: heap layout
    logging.info("alive: %s", await connection.ping())


if __name__ == "__main__":
    asyncio.run(main())
