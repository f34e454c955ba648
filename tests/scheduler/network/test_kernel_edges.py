"""The simulated kernel at the edges: errors, flags, descriptors that change hands, and what is left of connections."""

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
from detrun.scheduler.threads.thread import Thread
from tests.scheduler.network.test_kernel import default, nonblocking_pair, outcomes, resolve


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
        engine.trace.observers.append(self.observe)

    def observe(self, delivery: Any) -> None:
        if not isinstance(delivery, Thread):
            self.arrived.append(delivery.call[0].__qualname__)

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


def test_who_waits_until_he_may_write_learns_by_reading_that_the_connection_broke() -> None:
    async def main() -> None:
        calling, answering = await connected()
        _, writer = await asyncio.open_connection(sock=calling)
        writer.write(bytes(1_000_000))
        waiting = asyncio.create_task(writer.drain())
        await asyncio.sleep(1)
        answering.close()  # with much that nobody has read
        with pytest.raises(ConnectionResetError):
            await waiting

    assert {detrun.run(main, seed=seed).outcome for seed in range(20)} == {"ok"}
