"""Bugs that show when the network does what networks do."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from tests.planted.zoo.peers import PORT, ask, serving
from tests.planted.zoo.planting import planted


@planted("split")
async def one_read_for_one_message(*, mended: bool) -> None:
    """What one read gives is taken for a whole message."""
    async with serving():
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        writer.write(b"hello\n")
        answer = await (reader.readline() if mended else reader.read(100))
        writer.close()
    assert answer == b"hello\n", answer


@planted("merge", holds=2)
async def two_messages_in_one_read(*, mended: bool) -> None:
    """Two messages that arrive together are taken for one."""
    got: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await (reader.readline() if mended else reader.read(100)):
            got.append(line)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", PORT)
    _, writer = await asyncio.open_connection("127.0.0.1", PORT)
    for line in (b"one\n", b"two\n"):
        writer.write(line)
        await asyncio.sleep(0.010)
    writer.close()
    await asyncio.sleep(10)
    server.close()
    assert b"one\ntwo\n" not in got, got


@planted("reset")
async def order_repeated_after_a_reset(*, mended: bool) -> None:
    """A connection breaks after an order has arrived, and it is ordered again."""
    orders: list[bytes] = []

    def take(line: bytes) -> bytes:
        if not mended or line not in orders:
            orders.append(line)
        return b"ok"

    async with serving(take):
        for _ in range(3):
            with suppress(ConnectionError):
                if await ask(b"lamp"):
                    break
    assert len(orders) <= 1, orders


@planted("refuse")
async def slot_lost_by_a_refusal(*, mended: bool) -> None:
    """A connection that is refused keeps its place in the pool."""
    places = asyncio.Semaphore(1)

    async def request() -> None:
        await places.acquire()
        try:
            await ask()
        except ConnectionError:
            if mended:
                places.release()
            return
        places.release()

    async with serving():
        await request()
        await request()


@planted("resolve")
async def failed_lookup_is_cached(*, mended: bool) -> None:
    """That a name was not found once is remembered for ever."""
    known: dict[str, Any] = {}

    async def look_up(name: str) -> Any:
        if name not in known:
            known[name] = None
            with suppress(OSError):
                known[name] = await asyncio.get_running_loop().getaddrinfo(name, PORT)
            if mended and known[name] is None:
                del known[name]
        return known.get(name)

    found = [await look_up("localhost") for _ in range(2)]
    assert mended or found[1], "not found"


class _Counting(asyncio.DatagramProtocol):
    """Counts what arrives, each datagram or each number once."""

    def __init__(self, *, by_number: bool) -> None:
        self.got: list[bytes] = []
        self.by_number = by_number
        self.came = asyncio.Event()
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.came.set()
        if not self.by_number or data not in self.got:
            self.got.append(data)
        if addr[1] != PORT and self.transport is not None:
            self.transport.sendto(data, addr)


async def _pair(*, by_number: bool) -> tuple[_Counting, _Counting]:
    loop = asyncio.get_running_loop()
    _, server = await loop.create_datagram_endpoint(
        lambda: _Counting(by_number=by_number), local_addr=("127.0.0.1", PORT)
    )
    _, client = await loop.create_datagram_endpoint(
        lambda: _Counting(by_number=by_number), remote_addr=("127.0.0.1", PORT)
    )
    return server, client


@planted("duplicate")
async def datagram_counted_twice(*, mended: bool) -> None:
    """A datagram that arrives twice is counted twice."""
    server, client = await _pair(by_number=mended)
    assert client.transport is not None
    client.transport.sendto(b"1")
    await asyncio.sleep(1)
    client.transport.close()
    assert len(server.got) <= 1, server.got


@planted("lose")
async def lost_datagram_is_waited_for(*, mended: bool) -> None:
    """Nobody sends again what was lost."""
    _, client = await _pair(by_number=True)
    assert client.transport is not None
    for _ in range(9):
        client.transport.sendto(b"1")
        async with asyncio.timeout(1 if mended else None) as patience:
            with suppress(asyncio.CancelledError):
                await client.came.wait()
        if not patience.expired():
            break
    client.transport.close()


@planted("jump")
async def measured_by_the_time_of_day(*, mended: bool) -> None:
    """How long something took is measured by a clock that somebody may set."""
    now = time.monotonic if mended else time.time
    async with serving():
        began = now()
        await ask()
        took = now() - began
    assert 0 <= took < 1800, took


@planted()
async def connection_kept_too_long(*, mended: bool) -> None:
    """A pooled connection is used again while its server closes it for idleness."""
    loop = asyncio.get_running_loop()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        idle = loop.call_later(0.050, writer.close)
        while line := await reader.readline():
            writer.write(line)
            idle.cancel()
            idle = loop.call_later(0.050, writer.close)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", PORT)
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    answers: list[bytes] = []
    for line in (b"one\n", b"two\n"):
        for _ in range(9 if mended else 1):
            with suppress(ConnectionError):
                writer.write(line)
                answer = await reader.readline()
                if answer or not mended:
                    answers.append(answer)
                    break
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        await asyncio.sleep(0.040)
    writer.close()
    server.close()
    assert mended or answers == [b"one\n", b"two\n"], answers


@planted()
async def answers_taken_by_turns(*, mended: bool) -> None:
    """Two share a connection, and each takes the next answer for its own."""
    lock = asyncio.Lock() if mended else asyncio.Semaphore(9)

    async with serving():
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)

        async def request(word: bytes, after: float) -> None:
            await asyncio.sleep(after)
            async with lock:
                writer.write(word)
                await _prepared()
                assert await reader.readuntil() == word

        await asyncio.gather(request(b"one\n", 0), request(b"two\n", 0.010))
        writer.close()


async def _prepared() -> None:
    await ask(b"prepare")
