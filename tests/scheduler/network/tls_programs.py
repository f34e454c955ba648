"""What programs that speak TLS to themselves are made of."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import detrun

SEEDS = range(6)
HOST, PORT = "localhost", 8443
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Main = Callable[[], Coroutine[Any, Any, Any]]


def for_client(*protocols: str) -> ssl.SSLContext:
    # Not `create_default_context`, which loads every certificate authority of the machine.
    return offering(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), *protocols)


def for_server(*protocols: str) -> ssl.SSLContext:
    return offering(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), *protocols)


def offering(context: ssl.SSLContext, *protocols: str) -> ssl.SSLContext:
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


def results(main: Main, **options: Any) -> list[Any]:
    """What a program returns under several seeds, each of which makes it the same run twice."""
    found = []
    for seed in SEEDS:
        first, second = detrun.run(main, seed=seed, **options), detrun.run(main, seed=seed, **options)
        assert first.digest == second.digest, f"seed {seed}"
        found.append(first.result())
        assert second.result() == found[-1], f"seed {seed}"
    return found


def always(main: Main, expected: Any) -> None:
    assert results(main) == [expected] * len(SEEDS)


@asynccontextmanager
async def serving(handler: Handler, **options: Any) -> AsyncIterator[asyncio.Server]:
    """A server with this handler, over TLS unless it is told otherwise."""
    server = await asyncio.start_server(handler, HOST, PORT, **{"ssl": for_server(), **options})
    async with server:
        try:
            yield server
        finally:
            # Before 3.12 a server does not wait for its connections.
            await asyncio.sleep(100)


async def connected(**options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(HOST, PORT, **{"ssl": for_client(), **options})


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    await closed(writer)
