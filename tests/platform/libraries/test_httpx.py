"""httpx: its asynchronous client, against a small server of the test's own."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest

from tests.platform.libraries.seeds import check, served

httpx = pytest.importorskip("httpx", reason="shows that httpx runs unmodified")


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request of a connection with its path, in two chunks."""
    while head := (await reader.readuntil(b"\r\n\r\n")).decode():
        path = head.split()[1].encode()
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for chunk in (path[:3], path[3:], b""):
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await writer.drain()


async def _serve_silently(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def _client(scheme: str = "http", **options: Any) -> Any:
    return httpx.AsyncClient(base_url=f"{scheme}://localhost:8080", verify=False, **options)


def test_requests_at_the_same_time_get_their_own_answers() -> None:
    async def main() -> None:
        async with served(_serve, 8080), _client() as client:
            answers = await asyncio.gather(*(client.get(f"/hello/{name}") for name in ("ann", "ben", "cat")))
        assert [answer.text for answer in answers] == ["/hello/ann", "/hello/ben", "/hello/cat"]

    check(main)


def test_https_has_an_encrypted_connection_and_the_same_answers() -> None:
    async def main() -> None:
        async with served(_serve, 8080, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)), _client("https") as client:
            answers = await asyncio.gather(*(client.get(f"/hello/{name}") for name in ("ann", "ben")))
        assert [answer.text for answer in answers] == ["/hello/ann", "/hello/ben"]
        for answer in answers:
            secured = answer.extensions["network_stream"].get_extra_info("ssl_object")
            assert secured.cipher() is not None

    check(main)


def test_one_connection_serves_one_request_after_the_other() -> None:
    async def main() -> None:
        async with served(_serve, 8080), _client(limits=httpx.Limits(max_connections=1)) as client:
            answers = await asyncio.gather(*(client.get(f"/hello/{number}") for number in range(4)))
        streams = [answer.extensions["network_stream"].get_extra_info("client_addr") for answer in answers]
        assert [answer.text for answer in answers] == [f"/hello/{number}" for number in range(4)]
        assert len(set(streams)) == 1

    check(main)


def test_a_silent_server_runs_into_the_read_timeout() -> None:
    async def main() -> None:
        async with served(_serve_silently, 8080), _client(timeout=5) as client:
            for _ in range(3):
                with pytest.raises(httpx.ReadTimeout):
                    await client.get("/")

    check(main)


def test_nobody_listening_is_a_connect_error() -> None:
    async def main() -> None:
        async with _client() as client:
            errors = await asyncio.gather(*(client.get("/") for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in errors] == [httpx.ConnectError] * 3

    check(main, talks=False)
