"""Hosts of the simulated network: where connections and datagrams find them, and what is said of mistakes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from detrun.simulation import network
from tests.scheduler.network.test_addresses import failure, hang_up

pytestmark = pytest.mark.usefixtures("untidy")


# Datagrams.


class Answers(asyncio.DatagramProtocol):
    """Answers whoever sends something with who that was."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(repr(addr).encode(), addr)


class Keeps(asyncio.DatagramProtocol):
    """Keeps what comes."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, Any]] = []

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.got.append((data, addr))


async def asked(server: str, listening: str, client: str = "localhost", **options: Any) -> list[tuple[bytes, Any]]:
    """What a client on one host hears from a server on another whom it asks once."""
    loop = asyncio.get_running_loop()
    with network.on(server):
        answering, _ = await loop.create_datagram_endpoint(Answers, (listening, 53))
    remote = network.host(server), 53
    with network.on(client):
        options = options or {"local_addr": ("::" if ":" in remote[0] else "0.0.0.0", 0)}
        sending, keeps = await loop.create_datagram_endpoint(Keeps, **options)
        sending.sendto(b"who am I?", None if "remote_addr" in options else remote)
    await asyncio.sleep(1)
    answering.close()
    sending.close()
    return keeps.got


HERE, OUTWARD, THERE = "127.0.0.1", "10.255.255.254", "10.0.0.1"


@pytest.mark.parametrize(
    ("arguments", "options", "sender", "answering"),
    [
        (("localhost", "localhost"), {}, HERE, HERE),
        (("localhost", "0.0.0.0"), {}, HERE, HERE),
        (("localhost", "0.0.0.0"), {"remote_addr": ("localhost", 53)}, HERE, HERE),
        (("server", "0.0.0.0"), {}, OUTWARD, THERE),
        (("server", "server"), {}, OUTWARD, THERE),
        (("server", "0.0.0.0"), {"remote_addr": ("server", 53)}, OUTWARD, THERE),
        (("server", "0.0.0.0"), {"local_addr": ("localhost", 0)}, OUTWARD, THERE),
        (("server", "0.0.0.0", "server"), {}, THERE, THERE),
        (("server", "0.0.0.0", "server"), {"remote_addr": ("server", 53)}, THERE, THERE),
        (("server", "0.0.0.0", "client"), {}, "10.0.0.2", THERE),
        (("server", "0.0.0.0", "client"), {"remote_addr": ("server", 53)}, "10.0.0.2", THERE),
    ],
)
def test_a_datagram_says_where_its_sender_is_found(
    arguments: tuple[str, ...], options: dict[str, Any], sender: str, answering: str
) -> None:
    async def main() -> Any:
        network.host("server")
        return await asked(*arguments, **options)

    assert detrun.run(main).result() == [(repr((sender, 40_000)).encode(), (answering, 53))]


@pytest.mark.parametrize("client", ["localhost", "client"])
def test_a_host_without_an_address_of_a_family_has_one_to_send_from(client: str) -> None:
    async def main() -> Any:
        network.host("server", "fd00::1")
        return await asked("server", "::", client)

    ((_, sender),) = detrun.run(main).result()
    assert sender == ("fd00::1", 53, 0, 0)


def test_a_connected_socket_hears_nobody_but_its_peer() -> None:
    async def main() -> list[tuple[bytes, Any]]:
        loop = asyncio.get_running_loop()
        answering, _ = await loop.create_datagram_endpoint(Answers, ("localhost", 53))
        sending, keeps = await loop.create_datagram_endpoint(Keeps, remote_addr=("localhost", 53))
        stranger, _ = await loop.create_datagram_endpoint(Keeps, ("localhost", 54))
        stranger.sendto(b"poison", sending.get_extra_info("sockname"))
        sending.sendto(b"who am I?")
        await asyncio.sleep(1)
        for transport in (answering, sending, stranger):
            transport.close()
        return keeps.got

    for seed in range(10):
        assert detrun.run(main, seed=seed).result() == [(b"('127.0.0.1', 40000)", ("127.0.0.1", 53))]


# Hosts.


def test_a_host_gets_no_address_that_another_has() -> None:
    def main() -> list[str]:
        return [network.host("a", "10.0.0.2"), network.host("b"), network.host("c"), network.host("a")]

    made = detrun.run(main).result()
    assert len(set(made[:3])) == 3
    assert made[3] == "10.0.0.2"


def test_a_server_can_connect_back_to_where_a_connection_came_from() -> None:
    async def main() -> str:
        called_back = asyncio.Event()

        async def call_back(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.open_connection(writer.get_extra_info("peername")[0], 8)
            writer.close()

        async def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            called_back.set()
            writer.close()

        here = await asyncio.start_server(hear, "localhost", 8)
        with network.on("server"):
            there = await asyncio.start_server(call_back, "server", 7)
        _, writer = await asyncio.open_connection("server", 7)
        await called_back.wait()
        here.close()
        there.close()
        name: str = writer.get_extra_info("sockname")[0]
        return name

    assert detrun.run(main).result() == OUTWARD


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: network.host("a", "10.9.9.9"), "expected 'a' at 10.0.0.1, where it is already, got '10.9.9.9'"),
        (lambda: network.host("localhost", "10.9.9.9"), "expected 'localhost' at 127.0.0.1"),
        (lambda: network.host("b", "10.0.0.1"), "expected a free address for 'b', got '10.0.0.1', which 'a' has"),
        (lambda: network.host("b", "127.0.0.2"), "expected an address for 'b' that other hosts can reach"),
        (lambda: network.host("b", "0.0.0.0"), "expected an address for 'b' that other hosts can reach"),
        (lambda: network.host("b", "nowhere"), "expected an IPv4 or IPv6 address, got 'nowhere'"),
        (lambda: network.link("localhost", "serv"), "got 'serv': did you mean 'server'?"),
        (lambda: network.partition("localhost", "xyz"), "expected one of the hosts localhost, a, server, got 'xyz'"),
        (lambda: network.heal("localhots", "a"), "got 'localhots': did you mean 'localhost'?"),
        (lambda: network.link("a", "a"), "expected two hosts, got 'a' twice"),
        (lambda: network.link("localhost", "a", latency=-1), "expected a latency of 0 or more, got -1"),
        (lambda: network.link("localhost", "a", bandwidth=-1), "expected a bandwidth of 0 or more, got -1"),
        (lambda: network.link("localhost", "a", latency=float("nan")), "expected a latency of 0 or more, got nan"),
    ],
)
def test_a_mistake_about_hosts_is_named(act: Callable[[], Any], message: str) -> None:
    def main() -> None:
        network.host("a")
        network.host("server")
        act()

    assert message in failure(main)


def test_a_link_is_left_alone_by_a_mistake() -> None:
    async def main() -> float:
        with network.on("server"):
            server = await asyncio.start_server(hang_up, "server", 7)
        network.link("localhost", "server", latency=1)
        with pytest.raises(detrun.UsageError):
            network.link("localhost", "server", latency=5, bandwidth=-1)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.open_connection("server", 7)
        server.close()
        return loop.time() - began

    assert 2.0 <= detrun.run(main).result() < 2.1
