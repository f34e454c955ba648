"""aiosqlite: a thread for each connection, and a queue between it and the loop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.platform.libraries.seeds import check_order

aiosqlite = pytest.importorskip("aiosqlite", reason="shows that aiosqlite runs unmodified")


async def _added(database: Any, name: str) -> None:
    for number in range(3):
        await database.execute("insert into said values (?, ?)", (name, number))
        await database.commit()


def test_tasks_share_a_connection_and_each_statement_is_whole() -> None:
    async def main() -> Any:
        async with aiosqlite.connect(":memory:") as database:
            await database.execute("create table said (name text, number integer)")
            await asyncio.gather(*(_added(database, name) for name in ("ann", "ben", "cat")))
            async with database.execute("select name, number from said") as rows:
                said = [tuple(row) async for row in rows]
        assert sorted(said) == [(name, number) for name in ("ann", "ben", "cat") for number in range(3)]
        return said

    check_order(main)


def test_a_file_is_shared_by_connections_that_each_have_a_thread(tmp_path: Any) -> None:
    async def withdraw(path: Any, amount: int) -> bool:
        async with aiosqlite.connect(path, isolation_level=None) as database:
            await database.execute("pragma synchronous = off")
            await database.execute("begin immediate")
            (balance,) = await (await database.execute("select balance from account")).fetchone()
            enough = bool(balance >= amount)
            if enough:
                await database.execute("update account set balance = balance - ?", (amount,))
            await database.commit()
        return enough

    async def main() -> Any:
        path = tmp_path / "bank"
        path.unlink(missing_ok=True)
        async with aiosqlite.connect(path) as database:
            await database.execute("pragma synchronous = off")
            await database.execute("create table account (balance integer)")
            await database.execute("insert into account values (100)")
            await database.commit()
        first = await asyncio.gather(withdraw(path, 60), asyncio.sleep(0))
        rest = [await withdraw(path, amount) for amount in (60, 40)]
        assert [first[0], *rest] == [True, False, True]

    check_order(main)


def test_a_failed_statement_fails_where_it_was_awaited() -> None:
    async def main() -> Any:
        async with aiosqlite.connect(":memory:") as database:
            outcomes = await asyncio.gather(
                database.execute("select * from nowhere"),
                database.execute("select 1"),
                database.execute("nonsense"),
                return_exceptions=True,
            )
            assert [isinstance(outcome, aiosqlite.OperationalError) for outcome in outcomes] == [True, False, True]

    check_order(main)
