"""What a streams server does live, it does again from what came then."""

from __future__ import annotations

import asyncio
import gc
import socket
import struct
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from msgspec import structs

from detrun.errors import Divergence
from detrun.journal.entries import Emitted, InputKind, OutputKind, Received
from detrun.live.program import run
from detrun.live.recorded import RecordedEdge
from tests.live.served import Client, Meeting, check_ok, connected, received, recorded, replayed

# Clients that are broken off leave sockets behind; whoever complains of those does so in another test.
pytestmark = pytest.mark.usefixtures("untidy")


def echo(connections: int, *, chunk: int = 65536, sleeps: float = 0.0) -> Callable[[Meeting], Callable[[], Any]]:
    """A server that returns what it is sent, until so many connections are over; what it saw of each."""

    def program(meeting: Meeting) -> Callable[[], Any]:
        async def main() -> list[tuple[int, int, str]]:
            over: list[tuple[int, int, str]] = []
            enough = asyncio.Event()

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                reads = size = 0
                error = ""
                try:
                    while data := await reader.read(chunk):
                        reads, size = reads + 1, size + len(data)
                        await asyncio.sleep(sleeps)
                        writer.write(data)
                        await writer.drain()
                except OSError as failure:
                    error = type(failure).__name__
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
                over.append((reads, size, error))
                if len(over) == connections:
                    enough.set()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            meeting.open(server.sockets[0].getsockname()[1])
            await enough.wait()
            server.close()
            await server.wait_closed()
            return over

        return main

    return program


def talks(times: int, size: int) -> Client:
    def client(port: int) -> int:
        with connected(port) as sock:
            got = 0
            for number in range(times):
                sock.sendall(bytes([number % 256]) * size)
                got += len(received(sock, size))
            return got

    return client


def sends_in_pieces(port: int) -> bytes:
    with connected(port) as sock:
        for letter in b"a few words":
            sock.sendall(bytes([letter]))
            time.sleep(0.005)
        sock.shutdown(socket.SHUT_WR)
        return received(sock, 100)


def reads_slowly(port: int) -> int:
    """Sends two megabytes before it reads any, so that the server has to wait."""
    size = 2 * 1024 * 1024
    with connected(port) as sock:
        sock.settimeout(0)
        sent = got = 0
        while got < size:
            with suppress(BlockingIOError):
                if sent < size:
                    sent += sock.send(bytes(min(65536, size - sent)))
            with suppress(BlockingIOError):
                got += len(sock.recv(20_000))
        return got


def leaves_in_the_middle(port: int) -> None:
    with connected(port) as sock:
        sock.sendall(b"half a")


def resets(port: int) -> None:
    with connected(port) as sock:
        sock.sendall(b"x" * 10)
        received(sock, 10)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_what_one_client_was_told_is_told_again() -> None:
    recording = recorded(echo(1), talks(50, 1000))

    check_ok(recording)
    assert recording.clients == [50_000]
    replayed(echo(1), recording, times=20)


def test_many_clients_at_once_are_replayed_in_the_order_in_which_they_came() -> None:
    clients = [talks(20, 100 + number) for number in range(16)]

    recording = recorded(echo(16), *clients)

    check_ok(recording)
    assert recording.clients == [20 * (100 + number) for number in range(16)]
    replayed(echo(16), recording, times=20)


@pytest.mark.parametrize("client", [sends_in_pieces, reads_slowly, leaves_in_the_middle, resets])
def test_what_clients_do_to_a_server_is_done_again(client: Client) -> None:
    recording = recorded(echo(2), client, talks(5, 10))

    check_ok(recording)
    replayed(echo(2), recording)


def test_who_reads_slowly_gets_everything() -> None:
    assert recorded(echo(1), reads_slowly).clients == [2 * 1024 * 1024]


def test_timers_and_inputs_come_in_the_recorded_order() -> None:
    recording = recorded(echo(3, sleeps=0.002), talks(10, 10), talks(10, 10), sends_in_pieces)

    check_ok(recording)
    replayed(echo(3, sleeps=0.002), recording)


def test_a_replay_takes_no_time_of_its_own() -> None:
    async def sleeper() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(0.3)
        time.sleep(0.2)
        return loop.time() - began

    def program(_: Meeting) -> Callable[[], Any]:
        return sleeper

    recording = recorded(program)

    assert recording.result.value >= 0.5
    # Whoever waits does so each time; where there is much else to do, one or the other takes long without waiting.
    assert min(seconds(lambda: replayed(program, recording, times=1)) for _ in range(5)) < 0.2


def seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@pytest.mark.filterwarnings("ignore:unclosed transport", "ignore:loop is closed")
def test_a_program_that_answers_otherwise_diverges_at_that_answer() -> None:
    recording = recorded(echo(1), talks(5, 100))
    third = [entry for entry in recording.of(Received) if entry.kind == InputKind.READ and entry.payload][2]
    entries = [structs.replace(e, payload=b"!" + e.payload[1:]) if e is third else e for e in recording.entries]

    with pytest.raises(
        Divergence, match=f"expected WRITE {third.origin}.3 .* got WRITE {third.origin}.3 of 100 bytes: b'!"
    ):
        run(echo(1)(Meeting()), RecordedEdge(entries))
    gc.collect()


def test_a_recording_from_before_outputs_had_their_check_is_the_same_run() -> None:
    recording = recorded(echo(1), talks(3, 100))
    received = [entry for entry in recording.of(Received) if entry.kind == InputKind.READ and entry.payload]
    answers = iter([entry.payload for entry in received])
    entries = [
        structs.replace(e, digest=zlib.crc32(next(answers) if e.kind == OutputKind.WRITE else b""))
        if isinstance(e, Emitted)
        else e
        for e in recording.entries
    ]

    again = run(echo(1)(Meeting()), RecordedEdge(entries, checks=""))
    assert (again.outcome, again.digest) == (recording.result.outcome, recording.result.digest)


@pytest.mark.filterwarnings("ignore:unclosed transport", "ignore:loop is closed")
def test_a_recording_that_was_cut_is_replayed_up_to_there() -> None:
    recording = recorded(echo(1), talks(5, 100))
    lengths = range(1, len(recording.entries), 7)
    steps = [run(echo(1)(Meeting()), RecordedEdge(recording.entries[:length])).steps for length in lengths]
    gc.collect()  # what a killed program left open complains here, where it is expected to

    assert steps == sorted(steps)
    assert steps[0] < steps[-1] <= recording.result.steps
