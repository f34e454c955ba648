"""A seed orders what comes at the same time in a live run, which its journal gives back without the seed."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from detrun.live.chaos import Chaos
from tests.live.served import Meeting, check_ok, recorded, replayed
from tests.live.test_streams import echo, talks

pytestmark = pytest.mark.usefixtures("untidy")
MANY = 6


def at_once(_: Meeting) -> Callable[[], Any]:
    """Pairs of sockets to all of which something comes in the same iteration; in which order it was read."""

    async def main() -> list[int]:
        loop, order, over = asyncio.get_running_loop(), list[int](), asyncio.Event()
        pairs = [socket.socketpair() for _ in range(MANY)]

        def read(number: int) -> None:
            pairs[number][0].recv(1)
            order.append(number)
            if len(order) == MANY:
                over.set()

        for number, (reading, writing) in enumerate(pairs):
            reading.settimeout(0)
            writing.settimeout(0)
            loop.add_reader(reading, read, number)
        for _, writing in pairs:
            writing.send(b"x")
        await over.wait()
        for reading, writing in pairs:
            loop.remove_reader(reading)
            reading.close()
            writing.close()
        return order

    return main


def test_seeds_order_what_is_ready_at_once_and_lose_none_of_it() -> None:
    orders = set()
    for seed in range(6):
        recording = recorded(at_once, chaos=Chaos(seed))
        check_ok(recording)
        assert sorted(recording.result.value) == list(range(MANY))
        orders.add(tuple(recording.result.value))
        replayed(at_once, recording)

    assert len(orders) > 1


def test_jobs_that_end_together_end_in_the_order_of_the_seed() -> None:
    def program(_: Meeting) -> Callable[[], Any]:
        async def main() -> list[int]:
            order: list[int] = []

            async def job(number: int) -> None:
                await asyncio.to_thread(time.sleep, 0)
                order.append(number)

            jobs = [asyncio.create_task(job(number)) for number in range(MANY)]
            await asyncio.sleep(0)
            time.sleep(0.05)  # until all of them have ended
            await asyncio.gather(*jobs)
            return order

        return main

    orders = set()
    for seed in range(6):
        recording = recorded(program, chaos=Chaos(seed))
        check_ok(recording)
        orders.add(tuple(recording.result.value))
        replayed(program, recording)

    assert len(orders) > 1


def test_a_server_serves_everybody_in_any_order() -> None:
    recording = recorded(echo(8), *(talks(20, 50) for _ in range(8)), chaos=Chaos(7))

    check_ok(recording)
    assert recording.clients == [1000] * 8
    replayed(echo(8), recording)
