"""asyncpg, against a small server of the test's own that speaks PostgreSQL's protocol."""

from __future__ import annotations

import asyncio
import re
import struct
from typing import Any

import pytest

from tests.platform.libraries.seeds import check, served

asyncpg = pytest.importorskip("asyncpg", reason="shows that asyncpg runs unmodified")

_INT4, _TEXT = 23, 25
_READY = b"Z", b"I"


class Server:
    """One table of accounts, and just the statements that the tests use; integers are sent in binary form."""

    def __init__(self) -> None:
        self.balance = {"ann": 10, "ben": 20}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._greet(reader, writer)
            await Session(self, reader, writer).serve()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack("!i", await reader.readexactly(4))
        await reader.readexactly(size - 4)
        _write(writer, b"R", struct.pack("!i", 0))
        for name, value in (("server_version", "16.0"), ("client_encoding", "UTF8"), ("TimeZone", "UTC")):
            _write(writer, b"S", _string(name) + _string(value))
        _write(writer, b"K", struct.pack("!ii", 1, 1))
        _write(writer, *_READY)

    def execute(self, statement: str, arguments: list[str]) -> tuple[list[list[Any]], str]:
        """The rows of a statement, and what it says when it is done."""
        if statement.startswith("select name, balance"):
            rows = [[name, balance] for name, balance in self.balance.items()]
            return rows, f"SELECT {len(rows)}"
        if statement.startswith("select balance"):
            return [[self.balance[arguments[0]]]], "SELECT 1"
        if statement.startswith("update"):
            self.balance[arguments[0]] += 1
            return [], "UPDATE 1"
        return [], statement.split(maxsplit=1)[0].rstrip(";").upper()


class Session:
    """One connection: the statements that it prepared, and the one that is bound."""

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._prepared: dict[bytes, str] = {}
        self._bound: tuple[str, list[str]] = "", []

    async def serve(self) -> None:
        while True:
            kind, size = struct.unpack("!ci", await self._reader.readexactly(5))
            body = await self._reader.readexactly(size - 4)
            if kind == b"X":
                return
            self._take(kind, body)
            await self._writer.drain()

    def _take(self, kind: bytes, body: bytes) -> None:
        match kind:
            case b"Q":
                self._execute(body[:-1].decode(), [])
                self._say(*_READY)
            case b"P":
                name, statement, _ = body.split(b"\0", 2)
                self._prepared[name] = statement.decode()
                self._say(b"1")
            case b"D":
                self._describe(self._prepared[body[1:-1]])
            case b"B":
                _, name, rest = body.split(b"\0", 2)
                self._bound = self._prepared[name], _arguments(rest)
                self._say(b"2")
            case b"E":
                self._execute(*self._bound)
            case b"C":
                self._say(b"3")
            case b"S":
                self._say(*_READY)
            case _:
                pass  # a flush: what is said is not held back

    def _describe(self, statement: str) -> None:
        count = len(set(re.findall(r"\$\d", statement)))
        self._say(b"t", struct.pack(f"!h{count}i", count, *[_TEXT] * count))
        names = statement.partition(" from ")[0].removeprefix("select ").split(", ")
        if not statement.startswith("select"):
            self._say(b"n")
            return
        columns = [(name, _INT4 if name == "balance" else _TEXT) for name in names]
        described = [_string(name) + struct.pack("!ihihih", 0, 0, kind, -1, -1, 1) for name, kind in columns]
        self._say(b"T", struct.pack("!h", len(columns)) + b"".join(described))

    def _execute(self, statement: str, arguments: list[str]) -> None:
        rows, done = self._server.execute(statement, arguments)
        for row in rows:
            self._say(b"D", struct.pack("!h", len(row)) + b"".join(map(_value, row)))
        self._say(b"C", _string(done))

    def _say(self, kind: bytes, body: bytes = b"") -> None:
        _write(self._writer, kind, body)


def _write(writer: asyncio.StreamWriter, kind: bytes, body: bytes) -> None:
    writer.write(kind + struct.pack("!i", len(body) + 4) + body)


def _string(text: str) -> bytes:
    return text.encode() + b"\0"


def _value(value: Any) -> bytes:
    data = struct.pack("!i", value) if isinstance(value, int) else value.encode()
    return struct.pack("!i", len(data)) + data


def _arguments(body: bytes) -> list[str]:
    (formats,) = struct.unpack_from("!h", body)
    at = 2 + 2 * formats
    (count,) = struct.unpack_from("!h", body, at)
    at, arguments = at + 2, []
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, at)
        arguments.append(body[at + 4 : at + 4 + size].decode())
        at += 4 + size
    return arguments


_WHERE = {"host": "localhost", "port": 5432, "user": "ann", "password": "", "database": "bank", "ssl": False}


def test_rows_are_fetched_and_statements_executed() -> None:
    async def main() -> None:
        async with served(Server().serve, 5432):
            connection = await asyncpg.connect(**_WHERE)
            assert await connection.execute("update accounts set balance = balance + 1 where name = $1", "ann")
            assert await connection.fetchval("select balance from accounts where name = $1", "ann") == 11
            rows = await connection.fetch("select name, balance from accounts")
            assert [tuple(row) for row in rows] == [("ann", 11), ("ben", 20)]
            await connection.close()

    check(main)


def test_connections_work_side_by_side() -> None:
    async def pay(times: int) -> None:
        connection = await asyncpg.connect(**_WHERE)
        for _ in range(times):
            async with connection.transaction():
                await connection.execute("update accounts set balance = balance + 1 where name = $1", "ben")
        await connection.close()

    async def main() -> None:
        server = Server()
        async with served(server.serve, 5432):
            await asyncio.gather(pay(1), pay(2), pay(3))
        assert server.balance["ben"] == 26

    check(main)


def test_a_pool_lends_few_connections_to_many() -> None:
    async def main() -> None:
        async with served(Server().serve, 5432), asyncpg.create_pool(**_WHERE, min_size=1, max_size=2) as pool:
            statement = "select balance from accounts where name = $1"
            got = await asyncio.gather(*(pool.fetchval(statement, name) for name in ("ann", "ben", "ann", "ben")))
        assert list(got) == [10, 20, 10, 20]

    check(main)
