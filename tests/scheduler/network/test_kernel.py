"""The simulated kernel keeps to what a real one does where programs can tell the difference."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
import struct
from typing import Any

import pytest

import detrun
from detrun.errors import Forbidden
from detrun.scheduler.catch import active
from detrun.scheduler.engine import Engine
from detrun.scheduler.network.files import Stream
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


async def connected() -> tuple[socket.socket, socket.socket]:
    """The two ends of a connection."""
    with socket.socket() as listening:
        calling = socket.socket()
        listening.settimeout(0)
        listening.bind(("127.0.0.1", 7))
        listening.listen()
        calling.connect(("127.0.0.1", 7))
        answering, _ = await asyncio.get_running_loop().sock_accept(listening)
    for sock in (calling, answering):
        sock.settimeout(0)
    return calling, answering


def tried(call: Any, *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except OSError as error:
        return type(error)


def test_an_error_is_reported_once_and_then_the_connection_has_ended() -> None:
    async def main() -> list[Any]:
        calling, answering = await connected()
        with calling:
            calling.send(b"unread")
            await asyncio.sleep(0.1)
            answering.close()
            await asyncio.sleep(0.1)
            error = calling.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            return [error, tried(calling.recv, 5), tried(calling.recv, 5), tried(calling.send, b"x")]

    assert default(main) == [errno.ECONNRESET, b"", b"", BrokenPipeError]


def test_behind_the_end_there_is_no_error_to_read() -> None:
    async def main() -> list[Any]:
        calling, answering = await connected()
        with calling:
            answering.close()
            await asyncio.sleep(0.1)
            before = calling.recv(5)
            calling.send(b"x")
            await asyncio.sleep(0.1)
            return [before, tried(calling.recv, 5), tried(calling.send, b"y"), tried(calling.recv, 5)]

    assert default(main) == [b"", b"", BrokenPipeError, b""]


def test_who_only_peeks_leaves_what_is_there() -> None:
    def main() -> list[bytes]:
        one, other = nonblocking_pair()
        with one, other:
            one.send(b"xy")
            buffer = bytearray(1)
            other.recv_into(buffer, 1, socket.MSG_PEEK)
            return [bytes(buffer), other.recv(2, socket.MSG_PEEK | socket.MSG_DONTWAIT), other.recv(5)]

    assert default(main) == [b"x", b"xy", b"xy"]


def test_a_datagram_can_be_peeked_at() -> None:
    async def main() -> list[bytes]:
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            other.settimeout(0)
            other.bind(("127.0.0.1", 7))
            one.sendto(b"x", ("127.0.0.1", 7))
            await asyncio.sleep(0.1)
            return [other.recvfrom(5, socket.MSG_PEEK)[0], other.recv(5)]

    assert default(main) == [b"x", b"x"]


@pytest.mark.parametrize(
    "call",
    [
        lambda sock: sock.recv(1, socket.MSG_WAITALL),
        lambda sock: sock.send(b"x", socket.MSG_OOB),
        lambda sock: sock.sendall(b"x", socket.MSG_OOB),
        lambda sock: sock.recvmsg(1),
        lambda sock: sock.recvmsg_into([bytearray(1)]),
    ],
)
def test_what_a_socket_cannot_do_is_refused(call: Any) -> None:
    def main() -> None:
        one, other = nonblocking_pair()
        with one, other:
            one.send(b"x")
            call(other)

    assert isinstance(detrun.run(main).error, Forbidden)


@pytest.mark.parametrize(
    ("lingers", "seconds", "heard"),
    [(0, 0, b""), (1, 5, b""), (1, 0, ConnectionResetError)],
)
def test_only_who_lingers_for_no_time_breaks_the_connection(lingers: int, seconds: int, heard: Any) -> None:
    async def main() -> Any:
        calling, answering = await connected()
        with answering:
            calling.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", lingers, seconds))
            calling.close()
            await asyncio.sleep(0.1)
            return tried(answering.recv, 5)

    assert default(main) == heard


def test_who_waits_for_a_socket_still_does_when_it_connects() -> None:
    async def main() -> bool:
        loop = asyncio.get_running_loop()
        with socket.socket() as listening, socket.socket() as calling:
            listening.bind(("127.0.0.1", 7))
            listening.listen()
            calling.settimeout(0)
            writable = loop.create_future()
            loop.add_writer(calling, resolve, writable)
            calling.connect_ex(("127.0.0.1", 7))
            await asyncio.wait_for(writable, 5)
            loop.remove_writer(calling)
            return writable.done()

    assert outcomes(main) == {True}


def test_a_closed_descriptor_cannot_be_waited_for() -> None:
    async def main() -> bool:
        loop = asyncio.get_running_loop()
        one, other = nonblocking_pair()
        fd = one.fileno()
        with other:
            one.close()
            with pytest.raises(OSError, match="Bad file descriptor"):
                loop.add_reader(fd, print)
        return loop.remove_reader(fd)

    assert default(main) is False


def test_a_loop_that_closes_leaves_alone_what_another_one_watches() -> None:
    def main() -> bytes:
        first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
        one, other = nonblocking_pair()
        read = second.create_future()
        with one, other:
            first.add_reader(one, print)
            second.add_reader(one, resolve, read)
            first.close()
            other.send(b"x")
            second.run_until_complete(asyncio.wait_for(read, 5))
            second.remove_reader(one)
            second.close()
            return one.recv(1)

    assert default(main) == b"x"


def test_finished_connections_are_gone_without_a_collection() -> None:
    async def main() -> int:
        async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(close, "127.0.0.1", 7)
        for _ in range(100):
            reader, writer = await asyncio.open_connection("127.0.0.1", 7)
            await reader.read()
            writer.close()
        await asyncio.sleep(1)
        server.close()
        return sum(isinstance(thing, Stream) for thing in gc.get_objects())

    gc.collect()
    before = sum(isinstance(thing, Stream) for thing in gc.get_objects())
    assert default(main) - before <= 2


@pytest.mark.parametrize("call", ["getpeername", "accept"])
def test_a_closed_socket_can_do_nothing(call: str) -> None:
    def main() -> int | None:
        one, other = nonblocking_pair()
        with one, other:
            pass
        with pytest.raises(OSError, match="Bad file descriptor") as caught:
            getattr(one, call)()
        return caught.value.errno

    assert default(main) == errno.EBADF


class Merges(Default):
    """Has everything go wrong that may, and remembers what was delivered."""

    def begin(self, engine: Engine) -> None:
        self.arrived: list[str] = []
        engine.trace.observers.append(lambda delivery: self.arrived.append(delivery.call[0].__qualname__))

    def answer(self, *_: object) -> int:
        return 1


@pytest.mark.parametrize(("chunks", "merged"), [(1, 0), (2, 1), (3, 2)])
def test_a_chunk_merges_only_with_a_next_one_which_has_then_arrived_too(chunks: int, merged: int) -> None:
    async def main() -> bytes:
        calling, answering = await connected()
        with calling, answering:
            for _ in range(chunks):
                calling.send(b"x")
            return await asyncio.get_running_loop().sock_recv(answering, 10)

    strategy = Merges()
    run = detrun.run(main, strategy=strategy, faults=["merge"])

    assert run.result() == b"x" * chunks
    assert run.faults.get("merge", 0) == merged
    assert strategy.arrived.count("Stream._arrive") == chunks


def test_what_stays_ready_does_not_keep_a_unit_from_its_timers() -> None:
    engine, turns = Engine(Default()), list[int]()
    with active(engine):
        unit = engine.unit("unit")

        def begin() -> None:
            one, other = nonblocking_pair()
            unit.loop.add_writer(one, turns.append, 1)
            unit.loop.call_later(0.001, stop, one, other)

        def stop(one: socket.socket, other: socket.socket) -> None:
            unit.loop.remove_writer(one)
            one.close()
            other.close()

        engine.channel(unit, "begin", begin).put()
        for _ in range(5_000):
            if not engine.advance():
                break
        else:
            pytest.fail("expected the timer to end it")

    assert len(turns) > 1
