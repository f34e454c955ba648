"""Each fault of the network has a program that it breaks and that nothing else does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

import detrun
from detrun.scenarios.mishaps import KINDS as OF_APPLICATIONS
from detrun.scheduler.network.faults import KINDS
from detrun.simulation import network

pytestmark = pytest.mark.usefixtures("untidy")
SEEDS = range(200)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def talk(handler: Handler, client: Handler) -> None:
    """A server and one client of it, which tries again whatever the connection does to it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "localhost", 7)
    await _until_it_works(client)
    server.close()


async def _until_it_works(client: Handler) -> None:
    for _ in range(50):
        try:
            reader, writer = await asyncio.open_connection("localhost", 7)
            await client(reader, writer)
        except TimeoutError:
            raise
        except OSError:
            await asyncio.sleep(1)
        else:
            writer.close()
            return
    raise AssertionError("no luck in fifty tries")


async def believes_in_whole_reads() -> None:
    """Takes one read for one message."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        answer = await reader.read(100)
        assert answer in (b"", b"HELLO"), f"half a message: {answer!r}"
        if not answer:
            raise ConnectionError

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(5)).upper())

    await talk(handler, client)


class Takes(asyncio.Protocol):
    """Takes each delivery for a message of its own."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.lost = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.got.append(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set_result(None)


async def believes_in_separate_reads() -> None:
    """Takes two writes, one after the other, for two reads."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await reader.read(1)
        writer.write(b"one")
        writer.write(b"two")
        writer.close()

    server = await asyncio.start_server(handle, "localhost", 7)
    try:
        transport, takes = await asyncio.get_running_loop().create_connection(Takes, "localhost", 7)
    except OSError:
        return
    await asyncio.sleep(1)  # or both could be there before anybody reads
    transport.write(b"!")
    await takes.lost
    transport.close()
    server.close()
    assert all(len(data) <= 3 for data in takes.got), f"two messages in one: {takes.got}"


async def believes_in_quick_answers() -> None:
    """Gives up after thirty seconds, and takes that for impossible."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x")
        async with asyncio.timeout(30):
            if not await reader.read(1):
                raise ConnectionError

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(1))

    await talk(handler, client)


async def _connects(forgiven: tuple[int, ...]) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "localhost", 7)
    for _ in range(3):
        try:
            reader, writer = await asyncio.open_connection("localhost", 7)
            await reader.read()
            writer.close()
        except OSError as error:
            if error.errno not in forgiven:
                raise
    server.close()


async def believes_in_connections() -> None:
    """Writes and reads as if connections never broke."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(await reader.readexactly(3))
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "localhost", 7)
    for _ in range(50):
        try:
            reader, writer = await asyncio.open_connection("localhost", 7)
            break
        except OSError:
            await asyncio.sleep(1)
    else:
        raise AssertionError("no luck in fifty tries")
    writer.write(b"abc")
    assert await reader.readexactly(3) == b"abc"
    writer.close()
    server.close()


class Collect(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.got: list[bytes] = []

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.got.append(data)


async def _datagrams(count: int) -> list[bytes]:
    loop = asyncio.get_running_loop()
    receiving, protocol = await loop.create_datagram_endpoint(Collect, local_addr=("127.0.0.1", 7))
    sending, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("127.0.0.1", 7))
    for number in range(count):
        sending.sendto(b"%d" % number)
    await asyncio.sleep(1)
    sending.close()
    receiving.close()
    return protocol.got


async def believes_in_arrival() -> None:
    """Takes every datagram for one that arrives."""
    assert set(await _datagrams(3)) == {b"0", b"1", b"2"}


async def believes_in_single_arrival() -> None:
    """Takes no datagram for one that arrives twice."""
    got = await _datagrams(3)
    assert len(set(got)) == len(got), f"twice: {got!r}"


async def believes_in_names() -> None:
    """Takes a name that was found once for one that is always found."""
    await asyncio.get_running_loop().getaddrinfo("localhost", 80)


async def believes_in_threads() -> None:
    """Takes it for granted that there is a thread."""
    await asyncio.to_thread(int)


async def believes_in_the_clock() -> None:
    """Measures with the time of day."""
    began = time.time()
    await asyncio.sleep(1)
    assert 1 <= time.time() - began < 2


PROGRAMS: dict[str, Callable[[], Awaitable[None]]] = {
    "split": believes_in_whole_reads,
    "merge": believes_in_separate_reads,
    "delay": believes_in_quick_answers,
    "reset": believes_in_connections,
    "refuse": partial(_connects, (113, 104)),
    "unreachable": partial(_connects, (111, 104)),
    "lose": believes_in_arrival,
    "duplicate": believes_in_single_arrival,
    "resolve": believes_in_names,
    "thread": believes_in_threads,
    "jump": believes_in_the_clock,
}


def failures(program: Callable[[], Awaitable[None]], faults: set[str]) -> int:
    runs = (detrun.run(program, seed=seed, faults=faults) for seed in SEEDS)
    return sum(run.outcome != "ok" for run in runs)


def test_every_fault_has_its_program() -> None:
    # Those of applications have theirs in the zoo.
    assert PROGRAMS.keys() | set(OF_APPLICATIONS) == KINDS.keys()


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_fault_finds_the_program_that_it_breaks(kind: str) -> None:
    assert failures(PROGRAMS[kind], {kind}) > 0


@pytest.mark.parametrize("kind", PROGRAMS)
def test_nothing_else_breaks_that_program(kind: str) -> None:
    # Whoever connects to a host asks for its name first.
    assert failures(PROGRAMS[kind], set(KINDS) - {kind, "resolve"}) == 0


def test_an_unknown_fault_is_named() -> None:
    with pytest.raises(detrun.UsageError, match="'earthquake'"):
        detrun.run(believes_in_arrival, faults=["earthquake"])


def test_datagrams_come_in_any_order() -> None:
    async def main() -> None:
        main.got = tuple(await _datagrams(3))  # type: ignore[attr-defined]

    orders = set()
    for seed in range(50):
        assert detrun.run(main, seed=seed).outcome == "ok"
        orders.add(main.got)  # type: ignore[attr-defined]

    assert len(orders) == 6


def test_a_partition_holds_streams_back_until_it_heals() -> None:
    async def main() -> tuple[float, bytes]:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()

        with network.on("server"):
            server = await asyncio.start_server(handle, "server", 7)
        reader, writer = await asyncio.open_connection("server", 7)
        network.partition("localhost", "server")
        writer.write(b"hello\n")
        loop = asyncio.get_running_loop()
        began = loop.time()
        loop.call_later(60, network.heal, "localhost", "server")
        line = await reader.readline()
        writer.close()
        server.close()
        return loop.time() - began, line

    for seed in range(20):
        took, line = detrun.run(main, seed=seed).result()
        assert took >= 60
        assert line == b"hello\n"


def test_connecting_across_a_partition_times_out() -> None:
    async def main() -> None:
        with network.on("server"):
            server = await asyncio.start_server(print, "server", 7)
        network.partition("localhost", "server")
        async with asyncio.timeout(10):
            try:
                await asyncio.open_connection("server", 7)
            finally:
                server.close()

    assert isinstance(detrun.run(main).error, TimeoutError)


def test_latency_and_bandwidth_take_their_time() -> None:
    async def main() -> float:
        with network.on("server"):
            server = await asyncio.start_server(lambda _, writer: writer.write(bytes(1_000)), "server", 7)
        network.link("localhost", "server", latency=0.5, bandwidth=1_000)
        loop = asyncio.get_running_loop()
        began = loop.time()
        reader, writer = await asyncio.open_connection("server", 7)
        await reader.readexactly(1_000)
        took = loop.time() - began
        writer.close()
        server.close()
        return took

    # The request travels, the data is sent behind the answer, and travels.
    assert 2.0 <= detrun.run(main).result() < 2.1
