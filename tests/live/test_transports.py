"""Transports of a live run take a shorter way to the system than asyncio's own, which a replay has."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

from detrun.live.lines import MOST_PENDING
from tests.live.served import Client, Meeting, check_ok, connected, received, recorded, replayed

pytestmark = pytest.mark.usefixtures("untidy")


class Noting(asyncio.Protocol):
    """Notes what its transport tells it, answers with the same, and says when it is over."""

    def __init__(self, over: asyncio.Event, answer: Callable[[Any, bytes], None]) -> None:
        self.told: list[str] = []
        self._over = over
        self._answer = answer

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.told.append(repr(transport).replace(str(transport.get_extra_info("socket").fileno()), "N"))
        self.told.append(f"{type(transport).__module__}.{type(transport).__qualname__}")

    def data_received(self, data: bytes) -> None:
        self.told.append(f"{len(data)} bytes")
        self._answer(self._transport, data)

    def eof_received(self) -> None:
        self.told.append("the end")

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("go on")

    def connection_lost(self, error: Exception | None) -> None:
        self.told.append(f"lost by {type(error).__name__}")
        self._over.set()


def noting(answer: Callable[[Any, bytes], None]) -> Callable[[Meeting], Callable[[], Any]]:
    """A program that serves one connection, and gives what its protocol was told."""

    def program(meeting: Meeting) -> Callable[[], Any]:
        async def main() -> list[str]:
            asyncio.get_running_loop().set_exception_handler(lambda _, told: notes.told.append(told["message"]))
            over = asyncio.Event()
            notes = Noting(over, answer)
            server = await asyncio.get_running_loop().create_server(lambda: notes, "127.0.0.1", 0)
            meeting.open(server.sockets[0].getsockname()[1])
            await over.wait()
            server.close()
            return notes.told

        return main

    return program


def reset(port: int) -> None:
    """Say something, hear the answer, and break off."""
    with connected(port) as sock:
        sock.sendall(b"hello")
        received(sock, 5)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def said(data: bytes, size: int) -> Client:
    """Say this, hear so many bytes, and end."""

    def client(port: int) -> bytes:
        with connected(port) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            return received(sock, size)

    return client


def several(transport: Any, data: bytes) -> None:
    """Answer in every way that there is."""
    transport.write(data)
    transport.write(bytearray(data))
    transport.write(memoryview(data))
    transport.write(b"")
    transport.writelines([data, data])


def fail(transport: Any, data: bytes) -> None:
    raise ValueError("this is no request")


def beyond(transport: Any, data: bytes) -> None:
    """More than may wait."""
    transport.write(b"x" * (MOST_PENDING + 1))
    transport.write_eof()


def late(transport: Any, data: bytes) -> None:
    """Write to who is closed."""
    transport.close()
    transport.write(b"nobody reads this")


ANSWERS: list[tuple[Callable[[Any, bytes], None], Client, str]] = [
    (lambda transport, data: transport.write(data), said(b"hello", 5), "lost by NoneType"),
    (lambda transport, data: transport.write(data), reset, "lost by ConnectionResetError"),
    (several, said(b"hello", 25), "lost by NoneType"),
    (fail, said(b"hello", 1), "lost by ValueError"),
    (beyond, said(b"hello", MOST_PENDING + 1), "lost by NoneType"),
    (late, said(b"hello", 1), "lost by NoneType"),
]


@pytest.mark.parametrize(("answer", "client", "end"), ANSWERS)
def test_what_a_protocol_is_told_live_it_is_told_again(
    answer: Callable[[Any, bytes], None], client: Client, end: str
) -> None:
    recording = recorded(noting(answer), client)
    check_ok(recording)

    assert recording.result.value[-1] == end
    assert recording.result.value[1] == "asyncio.selector_events._SelectorSocketTransport"
    replayed(noting(answer), recording)


def test_every_way_to_answer_arrives_in_order() -> None:
    recording = recorded(noting(several), said(b"hello", 25))

    assert recording.clients == [b"hello" * 5]
