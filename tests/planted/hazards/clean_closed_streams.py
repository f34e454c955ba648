"""Generators that are closed when they are no longer read, and variables of a context."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from contextvars import ContextVar

REQUEST: ContextVar[str] = ContextVar("request")


async def lines(count: int) -> AsyncGenerator[str, None]:
    try:
        for number in range(count):
            await asyncio.sleep(0.001)
            yield f"{REQUEST.get()}:{number}"
    finally:
        print("closed for", REQUEST.get())


async def head(request: str) -> str:
    REQUEST.set(request)
    async with aclosing(lines(10)) as stream:
        async for line in stream:
            if line.endswith("2"):
                return line
    return ""


async def main() -> None:
    print(await asyncio.gather(*(head(request) for request in ("a", "b", "c"))))


if __name__ == "__main__":
    asyncio.run(main())
