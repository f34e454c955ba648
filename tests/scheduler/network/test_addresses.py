"""Addresses of the simulated network: which are free, which are bound, and who is reached by them."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

import detrun
from detrun.simulation import network

pytestmark = pytest.mark.usefixtures("untidy")
FREE = range(40_000, 65_536)


def failure(main: Any) -> str:
    run = detrun.run(main)
    assert run.failure is not None
    return run.failure.message


def bound(address: Any, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM) -> socket.socket:
    sock = socket.socket(family, kind)
    sock.settimeout(0)
    sock.bind(address)
    return sock


def error_of(call: Callable[[], Any]) -> int | None:
    with pytest.raises(OSError) as caught:  # noqa: PT011  # the code says which
        call()
    return caught.value.errno


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


# Ports.


def test_a_free_port_is_none_that_is_bound() -> None:
    def main() -> list[int]:
        with bound(("127.0.0.1", 40_000)), bound(("", 40_001)), bound(("127.0.0.1", 0)) as one, bound(("", 0)) as other:
            return [one.getsockname()[1], other.getsockname()[1]]

    assert detrun.run(main).result() == [40_002, 40_003]


def test_free_ports_begin_anew_and_end_when_all_are_taken() -> None:
    def main() -> tuple[list[int], int | None, int]:
        with ExitStack() as stack:
            socks = [stack.enter_context(bound(("127.0.0.1", 0))) for _ in FREE]
            ports = [sock.getsockname()[1] for sock in socks]
            error = error_of(lambda: bound(("127.0.0.1", 0)))
            socks[7].close()
            with bound(("127.0.0.1", 0)) as last:
                return ports, error, last.getsockname()[1]

    assert detrun.run(main).result() == (list(FREE), errno.EADDRNOTAVAIL, 40_007)


def test_each_host_has_all_the_ports() -> None:
    def main() -> None:
        with bound(("", 80)), network.on("other"):
            bound(("", 80)).close()

    assert detrun.run(main).outcome == "ok"


def test_connections_share_no_port_and_give_it_back() -> None:
    async def main() -> list[int]:
        server = await asyncio.start_server(hang_up, "localhost", 7)
        _, kept = await asyncio.open_connection("localhost", 7)
        ports = [kept.get_extra_info("sockname")[1]]
        for _ in range(2):
            for _ in range(len(FREE) - 2):
                bound(("127.0.0.1", 0)).close()
            _, writer = await asyncio.open_connection("localhost", 7)
            ports.append(writer.get_extra_info("sockname")[1])
            writer.close()
            await writer.wait_closed()
        server.close()
        return ports

    assert detrun.run(main).result() == [40_000, 65_535, 65_535]


def test_a_connection_is_in_no_servers_way() -> None:
    async def main() -> int:
        server = await asyncio.start_server(hang_up, "localhost", 7)
        _, writer = await asyncio.open_connection("localhost", 7)
        port: int = writer.get_extra_info("sockname")[1]
        other = await asyncio.start_server(hang_up, "localhost", port)
        await asyncio.open_connection("localhost", port)
        server.close()
        other.close()
        return port

    assert detrun.run(main).result() in FREE


# What is bound.


@pytest.mark.parametrize(
    ("one", "other", "family"),
    [
        ("127.0.0.1", "127.0.0.1", socket.AF_INET),
        ("127.0.0.1", "", socket.AF_INET),
        ("0.0.0.0", "localhost", socket.AF_INET),
        ("::1", "::", socket.AF_INET6),
        ("", "::1", socket.AF_INET6),
    ],
)
def test_a_wildcard_has_its_port_to_itself(one: str, other: str, family: int) -> None:
    def main() -> int | None:
        with bound((one, 80), family):
            return error_of(lambda: bound((other, 80), family))

    assert detrun.run(main).result() == errno.EADDRINUSE


def test_families_and_kinds_are_in_nobodys_way() -> None:
    def main() -> None:
        with bound(("", 80)), bound(("", 80), socket.AF_INET6), bound(("", 80), kind=socket.SOCK_DGRAM):
            pass

    assert detrun.run(main).outcome == "ok"


def test_nobody_at_all_is_the_wildcard() -> None:
    def main() -> list[Any]:
        with bound(("", 80)) as one, bound(("", 80), socket.AF_INET6) as other:
            return [one.getsockname(), other.getsockname()]

    assert detrun.run(main).result() == [("0.0.0.0", 80), ("::", 80, 0, 0)]


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, ("0.0.0.0", 0)), (socket.AF_INET6, ("::", 0, 0, 0)), (socket.AF_UNIX, "")]
)
def test_a_fresh_socket_has_the_address_of_its_family(family: int, address: Any) -> None:
    def main() -> Any:
        with socket.socket(family) as sock:
            return sock.getsockname()

    assert detrun.run(main).result() == address


def test_a_socket_that_listens_unbound_has_an_address_of_its_family() -> None:
    def main() -> Any:
        with socket.socket(socket.AF_INET6) as sock:
            sock.listen()
            return sock.getsockname()

    assert detrun.run(main).result() == ("::", 40_000, 0, 0)


def test_what_cannot_be_bound_has_the_error_of_the_machine() -> None:
    def main() -> list[int | None]:
        there = network.host("other")
        with bound(("", 80)) as sock:
            return [error_of(lambda: bound((there, 80))), error_of(lambda: sock.bind(("", 81)))]

    assert detrun.run(main).result() == [errno.EADDRNOTAVAIL, errno.EINVAL]
    assert "port must be 0-65535" in failure(lambda: bound(("", 65_536)))
    assert "no address of the socket's family" in failure(lambda: bound(("::1", 80)))


@pytest.mark.parametrize(
    ("listening", "connecting", "reached"),
    [
        ("0.0.0.0", "127.0.0.1", True),
        ("0.0.0.0", "0.0.0.0", True),
        ("127.0.0.1", "0.0.0.0", True),
        ("::", "::1", True),
        ("0.0.0.0", "::1", False),
        ("::", "127.0.0.1", False),
        ("::1", "127.0.0.1", False),
    ],
)
def test_a_listener_is_reached_by_its_own_family(listening: str, connecting: str, *, reached: bool) -> None:
    async def main() -> bool:
        server = await asyncio.start_server(hang_up, listening, 7)
        try:
            await asyncio.open_connection(connecting, 7)
        except ConnectionRefusedError:
            return False
        finally:
            server.close()
        return True

    assert detrun.run(main).result() is reached


def test_localhost_is_found_in_both_families() -> None:
    async def main() -> tuple[Any, Any]:
        server = await asyncio.start_server(hang_up, "localhost", 7, family=socket.AF_INET6)
        _, writer = await asyncio.open_connection("localhost", 7, family=socket.AF_INET6)
        server.close()
        return writer.get_extra_info("sockname"), writer.get_extra_info("peername")

    assert detrun.run(main).result() == (("::1", 40_000, 0, 0), ("::1", 7, 0, 0))


def test_a_client_gives_back_the_address_that_it_bound() -> None:
    async def main() -> list[Any]:
        server = await asyncio.start_server(hang_up, "localhost", 7)
        used = []
        for _ in range(3):
            _, writer = await asyncio.open_connection("localhost", 7, local_addr=("localhost", 5_000))
            used.append(writer.get_extra_info("sockname"))
            writer.close()
            await writer.wait_closed()
        server.close()
        return used

    assert detrun.run(main).result() == [("127.0.0.1", 5_000)] * 3


def test_a_client_that_was_refused_gives_back_the_address_that_it_bound() -> None:
    async def main() -> None:
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("localhost", 7, local_addr=("localhost", 5_000))

    assert detrun.run(main).outcome == "ok"


def test_a_free_port_that_was_asked_for_can_be_served_on() -> None:
    async def main() -> int:
        with socket.socket() as sock:
            sock.bind(("", 0))
            port: int = sock.getsockname()[1]
        server = await asyncio.start_server(hang_up, "localhost", port)
        await asyncio.open_connection("localhost", port)
        server.close()
        return port

    assert detrun.run(main).result() == 40_000


def test_an_end_of_a_connection_has_no_wildcard_for_its_address() -> None:
    async def main() -> list[Any]:
        server = await asyncio.start_server(hang_up, "", 7)
        _, writer = await asyncio.open_connection("0.0.0.0", 7, local_addr=("0.0.0.0", 5_000))
        server.close()
        return [writer.get_extra_info("sockname"), writer.get_extra_info("peername")]

    assert detrun.run(main).result() == [("127.0.0.1", 5_000), ("127.0.0.1", 7)]
