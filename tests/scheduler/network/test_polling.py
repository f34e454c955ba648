"""`select` and `selectors` know simulated sockets: what is ready can be asked at once, and not waited for."""

from __future__ import annotations

import asyncio
import os
import select
import selectors
import socket
from collections.abc import Callable

import pytest

import detrun


def _polled(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


@pytest.mark.parametrize("readable", [_polled, lambda fd: bool(select.select([fd], [], [], 0)[0])])
def test_a_connection_is_readable_once_something_has_arrived(readable: Callable[[int], bool]) -> None:
    async def main() -> list[bool]:
        loop = asyncio.get_running_loop()
        listener, mine = socket.socket(), socket.socket()
        listener.bind(("127.0.0.1", 8080))
        listener.listen()
        for each in (listener, mine):
            each.settimeout(0)
        asked = [readable(listener.fileno())]
        await loop.sock_connect(mine, ("127.0.0.1", 8080))
        asked.append(readable(listener.fileno()))
        other, _ = await loop.sock_accept(listener)
        asked.append(readable(mine.fileno()))
        await loop.sock_sendall(other, b"hello")
        await asyncio.sleep(1)
        asked.append(readable(mine.fileno()))
        for each in (listener, mine, other):
            each.close()
        return asked

    assert detrun.run(main).result() == [False, True, False, True]


@pytest.mark.parametrize(
    ("wait", "what"),
    [
        (lambda fd: select.select([fd], [], []), "select.select() that waits"),
        (lambda fd: selectors.DefaultSelector().register(fd, selectors.EVENT_READ), "a simulated socket in a"),
    ],
)
def test_to_wait_for_a_simulated_socket_is_refused(wait: Callable[[int], object], what: str) -> None:
    async def main() -> None:
        with socket.socket() as waited:
            wait(waited.fileno())

    failure = detrun.run(main).failure

    assert failure is not None
    assert what in failure.message


def test_a_poll_that_waits_is_refused() -> None:
    async def main() -> None:
        poll = select.poll()
        with socket.socket() as waited:
            poll.register(waited)
            poll.poll()

    failure = detrun.run(main).failure

    assert failure is not None
    assert "select.poll() that waits" in failure.message


def test_a_poll_of_a_closed_socket_says_so() -> None:
    async def main() -> list[tuple[int, int]]:
        poll = select.poll()
        with socket.socket() as closed:
            poll.register(closed)
        return list(poll.poll(0))

    ((_, event),) = detrun.run(main).result()
    assert event == select.POLLNVAL


def test_real_descriptors_are_asked_as_ever() -> None:
    reading, writing = os.pipe()

    async def main() -> tuple[bool, bool]:
        before = _polled(reading)
        os.write(writing, b"x")
        return before, bool(select.select([reading], [], [], 0)[0])

    assert detrun.run(main).result() == (False, True)
    for fd in (reading, writing):
        os.close(fd)
