"""Sockets that a program wraps by itself, as libraries do that bring their own transports."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from tests.scheduler.network.tls_programs import HOST, PORT, always, closed, echo, for_client, for_server, serving


async def spoken(sock: Any, call: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a call on a TLS socket, which is made again as soon as the socket is ready."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    while True:
        ready.clear()
        try:
            return call(*arguments)
        except ssl.SSLWantReadError:
            loop.add_reader(sock.fileno(), ready.set)
        except ssl.SSLWantWriteError:
            loop.add_writer(sock.fileno(), ready.set)
        await ready.wait()
        loop.remove_reader(sock.fileno())
        loop.remove_writer(sock.fileno())


def test_a_wrapped_socket_works_as_long_as_it_does_not_block() -> None:
    async def main() -> list[Any]:
        async with serving(echo, ssl=for_server("line")):
            raw = socket.socket()
            raw.settimeout(0)
            await asyncio.get_running_loop().sock_connect(raw, (HOST, PORT))
            sock = for_client("line").wrap_socket(raw, server_hostname=HOST, do_handshake_on_connect=False)
            await spoken(sock, sock.do_handshake)
            sent = await spoken(sock, sock.send, b"hello\n")
            line = await spoken(sock, sock.recv, 100)
            facts = [sent, line, sock.version(), sock.selected_alpn_protocol(), isinstance(sock, ssl.SSLSocket)]
            facts.append(await spoken(sock, sock.unwrap) is sock)
            sock.close()
            return facts

    always(main, [6, b"hello\n", "TLSv1.3", "line", True, True])


def test_a_big_write_on_a_wrapped_socket_has_to_wait() -> None:
    size = 600_000

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)
        data = await reader.readexactly(size)
        writer.write(b"%d" % len(data))
        await closed(writer)

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        async with serving(count):
            raw = socket.socket()
            raw.settimeout(0)
            await loop.sock_connect(raw, (HOST, PORT))
            sock = for_client().wrap_socket(raw, server_hostname=HOST, do_handshake_on_connect=False)
            sent = await spoken(sock, sock.send, b"x" * size)
            waited = loop.time()
            answer = await spoken(sock, sock.recv, 100)
            sock.close()
            return [sent, answer, waited > 0]

    always(main, [size, b"%d" % size, True])


@pytest.mark.usefixtures("untidy")
def test_a_blocking_handshake_with_a_server_of_the_same_thread_waits_for_ever() -> None:
    async def main() -> None:
        async with serving(echo, ssl=None):
            with socket.create_connection((HOST, PORT)) as raw:
                for_client().wrap_socket(raw, server_hostname=HOST)

    with pytest.raises(detrun.Stuck, match=r"main thread waits for socket.recv\(\)"):
        detrun.run(main).result()
