"""anyio's sockets on its asyncio backend: client and server in one run."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.platform.libraries.seeds import check

anyio = pytest.importorskip("anyio", reason="shows that anyio runs unmodified")


async def _echo(stream: Any) -> None:
    async with stream:
        async for data in stream:
            await stream.send(data.upper())


async def _all(stream: Any) -> bytes:
    return b"".join([data async for data in stream])


@asynccontextmanager
async def _served(serve: Any, listener: Any) -> AsyncIterator[None]:
    async with listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, serve)
        yield
        serving.cancel_scope.cancel()


def test_streams_carry_what_was_sent_and_end() -> None:
    async def talk(heard: dict[str, bytes], name: str) -> None:
        async with await anyio.connect_tcp("localhost", 8080) as stream:
            for number in range(3):
                await stream.send(f"{name} {number},".encode())
            await stream.send_eof()
            heard[name] = await _all(stream)

    async def main() -> None:
        heard: dict[str, bytes] = {}
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=8080)
        async with _served(_echo, listener), anyio.create_task_group() as talking:
            for name in ("ann", "ben"):
                talking.start_soon(talk, heard, name)
        assert heard == {"ann": b"ANN 0,ANN 1,ANN 2,", "ben": b"BEN 0,BEN 1,BEN 2,"}

    check(main)


def test_unix_sockets_are_found_by_their_path() -> None:
    async def main() -> None:
        # A listener that anyio makes of a path is bound in a thread, and those have no part in a simulation yet.
        listening = socket.socket(socket.AF_UNIX)
        listening.bind("/simulated/anyio.sock")
        listening.listen()
        async with _served(_echo, await anyio.abc.SocketListener.from_socket(listening)):
            for _ in range(3):
                async with await anyio.connect_unix("/simulated/anyio.sock") as stream:
                    await stream.send(b"hello")
                    assert await stream.receive() == b"HELLO"

    check(main, talks=False, distinct=1)


def test_datagrams_are_answered() -> None:
    async def serve(endpoint: Any) -> None:
        async for packet, (host, port) in endpoint:
            await endpoint.sendto(packet.upper(), host, port)

    async def main() -> None:
        async with (
            await anyio.create_udp_socket(local_host="127.0.0.1", local_port=9000) as server,
            await anyio.create_connected_udp_socket("127.0.0.1", 9000) as client,
            anyio.create_task_group() as serving,
        ):
            serving.start_soon(serve, server)
            for word in (b"one", b"two", b"three"):
                await client.send(word)
                assert await client.receive() == word.upper()
            serving.cancel_scope.cancel()

    check(main, talks=False)


def test_a_silent_peer_runs_into_the_deadline() -> None:
    async def main() -> None:
        async with (
            _served(_all, await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=8080)),
            await anyio.connect_tcp("127.0.0.1", 8080) as stream,
        ):
            for _ in range(3):
                with pytest.raises(TimeoutError), anyio.fail_after(5):
                    await stream.receive()

    check(main, talks=False)


def test_nobody_listening_is_refused() -> None:
    async def knock(refused: list[str]) -> None:
        with pytest.raises(OSError, match="connect"):
            await anyio.connect_tcp("localhost", 8080)
        refused.append("refused")

    async def main() -> None:
        refused: list[str] = []
        async with anyio.create_task_group() as knocking:
            for _ in range(3):
                knocking.start_soon(knock, refused)
        assert len(refused) == 3

    check(main, talks=False)
