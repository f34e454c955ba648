"""Servers that the programs here ask, each of which speaks as much of its protocol as they need."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def redis(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each command with its last word."""
    with suppress(ConnectionError):
        while head := await reader.readline():
            words = []
            for _ in range(int(head[1:])):
                length = int((await reader.readline())[1:])
                words.append((await reader.readexactly(length + 2))[:-2])
            last = words[-1]
            writer.write(b"$%d\r\n%s\r\n" % (len(last), last) if words[0] == b"GET" else b"+OK\r\n")
    writer.close()


async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request with two bytes."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    writer.close()
