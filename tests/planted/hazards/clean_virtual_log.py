"""A log whose lines carry the loop's time, and the day in UTC."""

import asyncio
import datetime
import logging
import sys
import time


async def beat(name: str, period: float) -> None:
    began = time.monotonic()
    for _ in range(4):
        await asyncio.sleep(period)
        logging.info("%s after %.3f s", name, time.monotonic() - began)


async def main() -> None:
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(stream=sys.stdout, format="%(asctime)s %(message)s", level=logging.INFO)
    logging.info("it is %s", datetime.datetime.now(datetime.UTC).date())
    await asyncio.gather(beat("fast", 0.1), beat("slow", 0.35))
    logging.info("loop time %.2f", asyncio.get_running_loop().time())


if __name__ == "__main__":
    asyncio.run(main())
