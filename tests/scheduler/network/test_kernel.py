"""The simulated kernel keeps to what a real one does where programs can tell the difference."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import detrun
from detrun.scheduler.catch import active
from detrun.scheduler.engine import Engine
from detrun.scheduler.strategies.default import Default
from detrun.simulation import network

SEEDS = range(60)


def outcomes(main: Any, seeds: Any = SEEDS) -> set[Any]:
    """What the program gives, over many seeds and by default."""
    return {detrun.run(main, seed=seed).result() for seed in seeds} | {default(main)}


def default(main: Any) -> Any:
    return detrun.run(main, strategy="default").result()


def nonblocking_pair() -> tuple[socket.socket, socket.socket]:
    pair = socket.socketpair()
    for sock in pair:
        sock.settimeout(0)
    return pair


def resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def test_what_is_ready_when_it_is_registered_is_seen_in_the_next_iteration() -> None:
    async def main() -> str:
        loop, log = asyncio.get_running_loop(), list[str]()

        def write() -> None:
            log.append("writer")
            loop.remove_writer(one)

        one, other = nonblocking_pair()
        with one, other:
            loop.add_writer(one, write)
            loop.call_later(0.005, log.append, "timer")
            await asyncio.sleep(0.2)
        return log[0]

    assert outcomes(main) == {"writer"}


def test_what_is_still_ready_is_seen_again_in_the_next_iteration() -> None:
    async def main() -> int:
        loop, turns, seen = asyncio.get_running_loop(), 0, list[int]()

        def count() -> None:
            nonlocal turns
            turns += 1
            loop.call_soon(count)

        def read() -> None:
            seen.append(turns)
            other.recv(1)

        one, other = nonblocking_pair()
        with one, other:
            one.send(b"abc")
            await asyncio.sleep(0.1)
            loop.call_soon(count)
            loop.add_reader(other, read)
            while len(seen) < 3:
                await asyncio.sleep(0)
            loop.remove_reader(other)
        return seen[2] - seen[0]

    assert outcomes(main) == {2}


def test_a_loop_with_something_to_see_does_not_sleep() -> None:
    async def main() -> bool:
        loop = asyncio.get_running_loop()
        one, other = nonblocking_pair()
        with one, other:
            began, written = loop.time(), loop.create_future()
            loop.add_writer(one, resolve, written)
            await asyncio.wait_for(written, 60)
            loop.remove_writer(one)
        return loop.time() - began < 0.001

    assert default(main)


def test_what_is_ready_wakes_a_unit() -> None:
    engine, heard = Engine(Default()), list[bytes]()
    with active(engine):
        unit = engine.unit("unit")
        loop = unit.loop

        async def main() -> None:
            one, other = nonblocking_pair()
            with one, other:
                one.send(b"x")
                await asyncio.sleep(1)
                read = loop.create_future()
                loop.add_reader(other, resolve, read)
                await read
                loop.remove_reader(other)
                heard.append(other.recv(1))

        engine.channel(unit, "begin", lambda: loop.create_task(main())).put()
        while engine.advance():
            pass

    assert heard == [b"x"]


async def heard(send: Any, *, latency: float, bandwidth: float = 0) -> list[tuple[bytes, float]]:
    """What is read at the other end of a link of what is sent there, each with its second."""
    loop, heard = asyncio.get_running_loop(), list[tuple[bytes, float]]()

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1_000):
            heard.append((data, loop.time() - began))
        writer.close()

    with network.on("server"):
        server = await asyncio.start_server(read, "server", 7)
    network.link("localhost", "server", latency=latency, bandwidth=bandwidth)
    _, writer = await asyncio.open_connection("server", 7)
    await asyncio.sleep(1)
    began = loop.time()
    await send(writer)
    await asyncio.sleep(5)
    writer.close()
    await asyncio.sleep(5)
    server.close()
    return heard


async def ten(writer: asyncio.StreamWriter) -> None:
    for _ in range(10):
        writer.write(b"x")
        await asyncio.sleep(0)


def test_what_is_sent_together_travels_together() -> None:
    chunks = default(lambda: heard(ten, latency=0.1))

    assert b"".join(data for data, _ in chunks) == b"x" * 10
    assert 0.1 <= chunks[0][1] <= chunks[-1][1] < 0.102


def test_bytes_leave_one_after_the_other() -> None:
    chunks = default(lambda: heard(ten, latency=0.1, bandwidth=10))

    assert 1.1 <= chunks[-1][1] < 1.11


def test_nothing_overtakes_on_a_link_that_becomes_faster() -> None:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(b"first")
        await asyncio.sleep(0.01)
        network.link("localhost", "server", latency=0)
        writer.write(b"second")

    for chunks in (detrun.run(lambda: heard(send, latency=0.1), seed=seed).result() for seed in SEEDS):
        assert b"".join(data for data, _ in chunks) == b"firstsecond"


def test_a_request_to_connect_waits_for_the_end_of_a_partition() -> None:
    async def main() -> bytes:
        loop = asyncio.get_running_loop()

        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"hello")
            writer.close()

        with network.on("server"):
            server = await asyncio.start_server(greet, "server", 7)
        network.partition("localhost", "server")
        loop.call_later(1, network.heal, "localhost", "server")
        reader, writer = await asyncio.open_connection("server", 7)
        greeting = await reader.read()
        writer.close()
        server.close()
        return greeting

    assert default(main) == b"hello"


def test_a_datagram_under_way_waits_for_the_end_of_a_partition() -> None:
    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        with network.on("server"):
            there = socket.socket(type=socket.SOCK_DGRAM)
            there.bind(("server", 7))
        with there, socket.socket(type=socket.SOCK_DGRAM) as here:
            there.settimeout(0)
            here.sendto(b"hello", ("server", 7))
            network.partition("localhost", "server")
            loop.call_later(1, network.heal, "localhost", "server")
            return await asyncio.wait_for(loop.sock_recv(there, 10), 10)

    assert default(main) == b"hello"


def test_what_one_end_of_a_pair_sends_the_other_can_read_at_once() -> None:
    def main() -> tuple[bytes, bytes]:
        one, other = nonblocking_pair()
        with other:
            one.send(b"hello")
            one.close()
            return other.recv(10), other.recv(10)

    assert outcomes(main) == {(b"hello", b"")}


def test_a_path_takes_no_time() -> None:
    async def main() -> str:
        loop, log = asyncio.get_running_loop(), list[str]()
        with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as calling:
            listening.settimeout(0)
            listening.bind("path")
            listening.listen()
            calling.connect("path")
            answering, _ = listening.accept()
            with answering:
                answering.settimeout(0)
                loop.add_reader(answering, lambda: log.append(f"data {answering.recv(10)!r}"))
                calling.send(b"x")
                loop.call_later(0.005, log.append, "timer")
                await asyncio.sleep(0.2)
                loop.remove_reader(answering)
        return log[0]

    assert outcomes(main) == {"data b'x'"}


def test_nothing_can_be_sent_to_a_closed_end_of_a_pair() -> None:
    def main() -> None:
        one, other = nonblocking_pair()
        other.close()
        with one:
            one.send(b"x")

    assert isinstance(detrun.run(main).error, BrokenPipeError)


def test_what_is_sent_on_localhost_takes_time() -> None:
    async def main() -> bool:
        loop = asyncio.get_running_loop()
        with socket.socket() as listening, socket.socket() as calling:
            listening.settimeout(0)
            listening.bind(("127.0.0.1", 7))
            listening.listen()
            calling.connect(("127.0.0.1", 7))
            answering, _ = await loop.sock_accept(listening)
            with answering:
                answering.settimeout(0)
                calling.send(b"x")
                try:
                    return bool(answering.recv(1))
                except BlockingIOError:
                    return await loop.sock_recv(answering, 1) != b"x"

    assert outcomes(main) == {False}


async def crowd(listening: socket.socket) -> list[asyncio.Task[None]]:
    """More clients than may wait."""

    async def connect() -> None:
        with socket.socket() as calling:
            calling.settimeout(0)
            await asyncio.get_running_loop().sock_connect(calling, ("127.0.0.1", 7))

    listening.settimeout(0)
    listening.bind(("127.0.0.1", 7))
    listening.listen(1)
    clients = [asyncio.create_task(connect()) for _ in range(4)]
    await asyncio.sleep(1)
    return clients


def test_who_finds_the_backlog_full_waits() -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        with socket.socket() as listening:
            clients = await crowd(listening)
            assert sum(client.done() for client in clients) == 1
            for _ in clients:
                accepted, _ = await asyncio.wait_for(loop.sock_accept(listening), 5)
                accepted.close()
            return len(await asyncio.gather(*clients))

    assert outcomes(main) == {4}


def test_who_still_waits_when_the_listener_closes_is_refused() -> None:
    async def main() -> list[type]:
        with socket.socket() as listening:
            clients = await crowd(listening)
        results = await asyncio.gather(*clients, return_exceptions=True)
        return sorted((type(result) for result in results), key=str)

    assert default(main) == [ConnectionRefusedError] * 3 + [type(None)]
