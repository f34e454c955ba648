"""websockets: its client and its server in one run."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.platform.libraries.seeds import check

client = pytest.importorskip("websockets.asyncio.client", reason="shows that websockets runs unmodified")
server = pytest.importorskip("websockets.asyncio.server", reason="shows that websockets runs unmodified")
exceptions = pytest.importorskip("websockets.exceptions", reason="shows that websockets runs unmodified")

URL = "ws://127.0.0.1:8765"


async def _echo(connection: Any) -> None:
    async for message in connection:
        await connection.send(message.upper())


def test_clients_at_the_same_time_hear_their_own_words() -> None:
    async def talk(name: str) -> list[str]:
        async with client.connect(URL) as connection:
            for number in range(3):
                await connection.send(f"{name} {number}")
            return [await connection.recv() for _ in range(3)]

    async def main() -> None:
        async with server.serve(_echo, "127.0.0.1", 8765):
            heard = list(await asyncio.gather(talk("ann"), talk("ben")))
        assert heard == [[f"{name} {number}" for number in range(3)] for name in ("ANN", "BEN")]

    check(main)


def test_what_one_says_is_broadcast_to_all() -> None:
    async def main() -> None:
        guests: list[Any] = []

        async def join(connection: Any) -> None:
            guests.append(connection)
            async for message in connection:
                server.broadcast(guests, message)

        async with server.serve(join, "127.0.0.1", 8765), client.connect(URL) as ann, client.connect(URL) as ben:
            while len(guests) < 2:
                await asyncio.sleep(0.01)
            await asyncio.gather(ann.send("hello"), ben.send("goodbye"))
            heard = [[await guest.recv() for _ in range(2)] for guest in (ann, ben)]
        assert heard[0] == heard[1]
        assert sorted(heard[0]) == ["goodbye", "hello"]

    check(main)


def test_pings_are_answered_and_a_close_has_its_code_and_reason() -> None:
    async def leave(connection: Any) -> None:
        await connection.recv()
        await connection.close(4000, "enough")

    async def main() -> None:
        async with server.serve(leave, "127.0.0.1", 8765), client.connect(URL, ping_interval=1) as connection:
            await (await connection.ping())
            await asyncio.sleep(5)
            await connection.send("hello")
            with pytest.raises(exceptions.ConnectionClosedError) as closed:
                await connection.recv()
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4000, "enough")

    check(main)
