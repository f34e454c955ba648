"""A report that is due at nine in the morning, wherever that is."""

import asyncio
import datetime

SENT = 1_700_000_000


async def main() -> None:
    hour = datetime.datetime.fromtimestamp(SENT).hour  # hazard: environment
    await asyncio.sleep(0.01)
    print("in time" if hour <= 9 else "late", hour)


if __name__ == "__main__":
    asyncio.run(main())
