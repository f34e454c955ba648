"""`select` and `selectors` know simulated sockets: what is ready is told at once, or waited for in virtual time."""

from __future__ import annotations

import asyncio
import os
import select
import selectors
import socket
import threading
import time
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


def _by_poll(sock: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _by_selector(kind: type[selectors.BaseSelector]) -> Callable[[socket.socket, float], bool]:
    def wait(sock: socket.socket, seconds: float) -> bool:
        with kind() as selector:
            selector.register(sock, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    return wait


WAYS = (
    _by_poll,
    lambda sock, seconds: bool(select.select([sock], [], [], seconds)[0]),
    *map(_by_selector, (selectors.DefaultSelector, selectors.PollSelector, selectors.SelectSelector)),
)


@pytest.mark.parametrize("wait", WAYS)
def test_a_connection_is_waited_for_in_virtual_time(wait: Callable[[socket.socket, float], bool]) -> None:
    def main() -> list[object]:
        one, other = socket.socketpair()
        with one, other:
            began = time.monotonic()
            told: list[object] = [wait(one, 5), round(time.monotonic() - began)]
            threading.Timer(3, other.send, [b"x"]).start()
            told += [wait(one, 5), round(time.monotonic() - began), wait(one, 5)]
            return told

    for seed in range(10):
        assert detrun.run(main, seed=seed).result() == [False, 5, True, 8, True]


def test_who_polls_for_ever_what_nobody_sends_is_stuck() -> None:
    def main() -> None:
        one, other = socket.socketpair()
        with one, other:
            select.select([one], [], [])

    with pytest.raises(detrun.Stuck, match=r"main thread waits for select\(\)"):
        detrun.run(main).result()


def test_real_descriptors_are_asked_as_ever() -> None:
    reading, writing = os.pipe()

    async def main() -> tuple[bool, bool]:
        before = _polled(reading)
        os.write(writing, b"x")
        return before, bool(select.select([reading], [], [], 0)[0])

    assert detrun.run(main).result() == (False, True)
    for fd in (reading, writing):
        os.close(fd)


def test_a_selector_that_was_there_before_does_not_know_simulated_sockets() -> None:
    with selectors.DefaultSelector() as selector:

        def main() -> None:
            with socket.socket() as sock:
                selector.register(sock, selectors.EVENT_READ)

        with pytest.raises(detrun.Forbidden, match="a simulated socket in a"):
            detrun.run(main).result()
