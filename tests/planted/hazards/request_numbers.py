"""Requests that are numbered by a counter of the module; run as a function, as tests do."""

import asyncio
import itertools

NUMBERS = itertools.count(1)


async def request(path: str) -> str:
    number = next(NUMBERS)  # hazard: earlier run
    await asyncio.sleep(0.001)
    return f"{number} {path}"


async def main() -> None:
    print(await asyncio.gather(request("/a"), request("/b")))
