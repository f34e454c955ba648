"""Sockets that a program makes itself: simulated, whatever name it makes them by, and never real."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
import sys
from socket import getaddrinfo as imported_by_name
from typing import Any

import pytest

import detrun


def refused(main: Any) -> str:
    run = detrun.run(main)
    assert run.failure is not None
    return run.failure.message


async def talk() -> tuple[bytes, bytes]:
    loop = asyncio.get_running_loop()
    with socket.socket() as listening, socket.socket() as calling:
        for sock in (listening, calling):
            sock.settimeout(0)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        await loop.sock_connect(calling, listening.getsockname())
        answering, _ = await loop.sock_accept(listening)
        with answering:
            await loop.sock_sendall(calling, b"ping")
            heard = await loop.sock_recv(answering, 100)
            await loop.sock_sendall(answering, b"pong")
            return heard, await loop.sock_recv(calling, 100)


async def pair() -> tuple[bytes, bytes]:
    loop = asyncio.get_running_loop()
    one, other = socket.socketpair()
    with one, other:
        for sock in (one, other):
            sock.settimeout(0)
        await loop.sock_sendall(one, b"ping")
        await loop.sock_sendall(other, b"pong")
        return await loop.sock_recv(other, 100), await loop.sock_recv(one, 100)


@pytest.mark.parametrize("main", [talk, pair])
def test_sockets_talk_to_each_other(main: Any) -> None:
    for seed in range(10):
        assert detrun.run(main, seed=seed).result() == (b"ping", b"pong")


def test_no_real_socket_is_opened() -> None:
    """In a process of its own, under an audit hook that sees every socket of the machine."""
    code = """
import sys
opened = []
sys.addaudithook(lambda event, _: opened.append(event) if event.startswith("socket.") else None)
import detrun
from tests.laws.test_network_promises import chat, proxy
from tests.scheduler.network.test_sockets import pair, talk
for program in (chat, proxy, pair, talk):
    assert detrun.run(program).outcome == "ok"
print(sorted(set(opened) - {"socket.__new__"}), opened.count("socket.__new__"))
import socket
socket.socket().close()
print(opened[-1])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[] 0", "socket.__new__"]


def test_descriptors_are_none_of_the_machines() -> None:
    before = set(os.listdir("/dev/fd"))

    async def main() -> list[int]:
        one, other = socket.socketpair()
        with one, other, socket.socket() as third:
            assert set(os.listdir("/dev/fd")) == before
            return [one.fileno(), other.fileno(), third.fileno()]

    assert min(detrun.run(main).result()) >= 1_000_000


def test_a_socket_is_one_of_sockets_own() -> None:
    def main() -> bool:
        with socket.socket() as sock:
            return isinstance(sock, socket.socket)

    assert detrun.run(main).result()


def test_outside_a_run_sockets_are_real() -> None:
    detrun.run(lambda: None)
    with socket.socket() as sock:
        assert sock.fileno() < 1_000_000


@pytest.mark.parametrize("look_up", [socket.getaddrinfo, imported_by_name])
def test_names_are_those_of_the_simulation(look_up: Any) -> None:
    found = detrun.run(lambda: look_up("localhost", 80, type=socket.SOCK_STREAM)).result()

    assert found == [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))]
    assert "no host of the simulation" in refused(lambda: look_up("example.org", 80))
    assert detrun.run(lambda: socket.gethostbyname("localhost")).result() == "127.0.0.1"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda sock: sock.getpeername(), errno.ENOTCONN),
        (lambda sock: sock.send(b"x"), errno.ENOTCONN),
        (lambda sock: sock.accept(), errno.EINVAL),
        (lambda sock: (sock.close(), sock.bind(("127.0.0.1", 0))), errno.EBADF),
    ],
)
def test_what_a_socket_cannot_do_has_the_error_of_the_machine(call: Any, code: int) -> None:
    def main() -> int | None:
        with socket.socket() as sock, pytest.raises(OSError) as caught:  # noqa: PT011  # the code says which
            call(sock)
        return caught.value.errno

    assert detrun.run(main).result() == code


def test_an_address_is_bound_once() -> None:
    def main() -> int | None:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 80))
            with pytest.raises(OSError) as caught:  # noqa: PT011  # the code says which
                other.bind(("127.0.0.1", 80))
        return caught.value.errno

    assert detrun.run(main).result() == errno.EADDRINUSE


def test_two_runs_share_no_address() -> None:
    def main() -> None:
        main.kept = socket.socket()  # type: ignore[attr-defined]
        main.kept.bind(("127.0.0.1", 80))  # type: ignore[attr-defined]

    assert detrun.run(main).outcome == detrun.run(main).outcome == "ok"


def test_a_socket_that_nobody_has_any_more_is_closed() -> None:
    async def main() -> bytes:
        one, other = socket.socketpair()
        other.settimeout(0)
        del one
        with other:
            return await asyncio.get_running_loop().sock_recv(other, 1)

    assert detrun.run(main).result() == b""


@pytest.mark.skipif(sys.version_info < (3, 13), reason="servers know their connections since Python 3.13")
def test_a_server_closes_its_connections_in_order() -> None:
    async def main() -> list[int]:
        closed: list[int] = []

        class Connection(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.number = len(made)
                made.append(transport)

            def connection_lost(self, error: Exception | None) -> None:
                closed.append(self.number)

        made: list[asyncio.BaseTransport] = []
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Connection, "localhost", 7)
        clients = [await loop.create_connection(asyncio.Protocol, "localhost", 7) for _ in range(20)]
        await asyncio.sleep(1)
        server.close_clients()  # type: ignore[attr-defined,unused-ignore]
        await asyncio.sleep(1)
        server.close()
        for transport, _ in clients:
            transport.close()
        return closed

    assert detrun.run(main).result() == list(range(20))


async def connected_at_once() -> bytes:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 80))
        listening.listen()
        with socket.create_connection(("localhost", 80)) as calling, listening.accept()[0] as answering:
            calling.sendall(b"hello")
            answering.settimeout(0)
            return await asyncio.get_running_loop().sock_recv(answering, 100)


def test_a_blocking_connection_is_made_at_once_or_refused() -> None:
    assert detrun.run(connected_at_once).result() == b"hello"
    assert "ConnectionRefusedError" in refused(lambda: socket.create_connection(("localhost", 81)))
