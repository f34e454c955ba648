"""Settings that are looked for in the user's directory."""

import asyncio
from pathlib import Path


async def settings() -> str:
    path = Path("~/.config/crawler.toml").expanduser()  # hazard: environment
    await asyncio.sleep(0)
    return f"looked into {path}"


async def main() -> None:
    print(await settings())


if __name__ == "__main__":
    asyncio.run(main())
