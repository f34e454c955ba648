"""httpcore: a request that is cancelled while its answer is late keeps its place in the pool (encode/httpcore #491)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpcore

from tests.planted.published import peers


async def main() -> None:
    server = await asyncio.start_server(peers.http, "127.0.0.1", 8080)
    pool = httpcore.AsyncConnectionPool(max_connections=1)
    await pool.request("GET", "http://127.0.0.1:8080/")
    with suppress(TimeoutError):
        async with asyncio.timeout(0.050):
            await pool.request("GET", "http://127.0.0.1:8080/")
    assert (await pool.request("GET", "http://127.0.0.1:8080/")).status == 200
    await pool.aclose()
    server.close()
