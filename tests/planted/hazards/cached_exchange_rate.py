"""A rate that is computed once per process."""

import asyncio
from functools import lru_cache


@lru_cache
def rate(currency: str) -> float:
    print("computing", currency)
    return 1.0 + len(currency)


async def convert(amount: float, currency: str) -> float:
    await asyncio.sleep(0)
    return amount * rate(currency)  # hazard: earlier run


async def main() -> None:
    print(await convert(10, "eur"), await convert(20, "eur"))
