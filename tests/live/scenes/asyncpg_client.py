"""An asyncpg client of a real server: a pool, transactions, notifications, errors and timeouts, many at once."""

import asyncio
import sys
import uuid
from typing import Any

import asyncpg  # type: ignore[import-untyped, unused-ignore]

PORT, TASKS, TIMES = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])


async def worker(pool: Any, name: int) -> None:
    for number in range(TIMES):
        async with pool.acquire() as connection:
            async with connection.transaction():
                row = await connection.fetchrow(
                    "insert into notes (owner, token) values ($1, $2) returning id, made, gen_random_uuid()",
                    name,
                    uuid.uuid4(),
                )
                print(name, number, *row, flush=True)
            await connection.execute("select pg_notify('notes', $1)", f"{name} {number}")
            try:
                await connection.execute("insert into notes (id, owner) values ($1, 0)", row[0])
            except asyncpg.UniqueViolationError as error:
                print(error.sqlstate, error)
            if number % 4 == name % 4:
                try:
                    await connection.fetchval("select pg_sleep(10)", timeout=0.02)
                except TimeoutError:
                    print(name, "waited long enough")
            print(await connection.fetchval("select count(*) from notes"))


async def main() -> None:
    heard = []
    async with asyncpg.create_pool(host="127.0.0.1", port=PORT, user="tester", database="postgres") as pool:
        listening = await pool.acquire()
        await listening.add_listener("notes", lambda *words: heard.append(words[-1]))
        await pool.execute(
            "create table notes (id serial primary key, owner int, token uuid, made timestamptz default now())"
        )
        async with asyncio.TaskGroup() as group:
            for name in range(TASKS):
                group.create_task(worker(pool, name))
        rows = await pool.fetch("select n, repeat('x', 500) from generate_series(1, 4000) n")
        print(len(rows), sum(len(row[1]) for row in rows), await listening.fetchval("select version()"))
        await listening.remove_listener("notes", print)
        await pool.release(listening)
    print("over", heard)


asyncio.run(main())
