"""The small web server of CPython's tests, which they run in a thread, as a context of the simulation."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from detrun.scheduler import catch

_ANSWER = b"HTTP/1.0 200 OK\r\nContent-type: text/plain\r\n\r\nTest message"


def served(*, address: Any, use_ssl: bool = False, **_: Any) -> Iterator[SimpleNamespace]:
    """What `test.test_asyncio.utils` has under this name: a server while it is iterated, and where it listens."""
    engine = catch.current()
    assert engine is not None
    unit = engine.unit("web server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if use_ssl else None
    started: list[asyncio.Task[asyncio.Server]] = []
    engine.channel(unit, "start", lambda: started.append(unit.loop.create_task(_serve(address, context)))).put()
    while not (started and started[0].done()):
        engine.advance()
    server = started[0].result()
    yield SimpleNamespace(address=server.sockets[0].getsockname())
    engine.channel(unit, "stop", server.close).put()


async def _serve(address: Any, context: ssl.SSLContext | None) -> asyncio.Server:
    if isinstance(address, str):
        return await asyncio.start_unix_server(_answer, address, ssl=context)
    return await asyncio.start_server(_answer, *address, ssl=context)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_ANSWER)
        await writer.drain()
    except (OSError, EOFError):
        pass
    finally:
        writer.close()
