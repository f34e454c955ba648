"""Rows that are stamped by the database, which asks nobody what time it is."""

import asyncio
import sqlite3


async def main() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE orders (name TEXT, at REAL DEFAULT (julianday('now')))")
    for name in ("tea", "milk"):
        database.execute("INSERT INTO orders (name) VALUES (?)", (name,))
        await asyncio.sleep(0.001)
    stamps = database.execute("SELECT name, at FROM orders").fetchall()  # hazard: outside
    database.close()
    print(stamps)


if __name__ == "__main__":
    asyncio.run(main())
