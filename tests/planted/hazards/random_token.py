"""A session whose token comes from the database, which draws it by itself."""

import asyncio
import sqlite3


async def login(user: str) -> str:
    database = sqlite3.connect(":memory:")
    (token,) = database.execute("SELECT hex(randomblob(4))").fetchone()  # hazard: outside
    database.close()
    await asyncio.sleep(0.001)
    return f"{user}:{token}"


async def main() -> None:
    print(await login("ann"))


if __name__ == "__main__":
    asyncio.run(main())
