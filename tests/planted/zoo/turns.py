"""Bugs that show when one turn of a loop has to do with more than one event: what came while the machine was late."""

from __future__ import annotations

import asyncio

from tests.planted.zoo.peers import PORT, serving
from tests.planted.zoo.planting import planted


@planted()
async def answer_lost_with_its_timeout(*, mended: bool) -> None:
    """An answer that comes in the turn in which patience ends is neither taken nor given back."""
    answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    came, taken, given_back = asyncio.Event(), list[bytes](), list[bytes]()

    class Client(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            if answer.done():
                given_back.append(data)
            else:
                answer.set_result(data)
            came.set()

    async with serving():
        transport, _ = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", PORT)
        transport.write(b"charge\n")
        try:
            async with asyncio.timeout(0.050):
                taken.append(await answer)
        except TimeoutError:
            if mended and not answer.cancelled():
                taken.append(answer.result())
        await came.wait()
        transport.close()
    assert len(taken + given_back) == 1, (taken, given_back)


@planted()
async def queue_too_short_for_a_late_turn(*, mended: bool) -> None:
    """Three readings come before anybody takes the first one, and there is room for two."""
    loop = asyncio.get_running_loop()
    readings: asyncio.Queue[int] = asyncio.Queue(3 if mended else 2)
    for number in range(3):
        loop.call_later(0.010 * (number + 1), readings.put_nowait, number)

    assert [await readings.get() for _ in range(3)] == [0, 1, 2]
