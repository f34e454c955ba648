"""nats-py, against a small server of the test's own that speaks the NATS protocol."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.platform.libraries.seeds import check, served

nats = pytest.importorskip("nats", reason="shows that nats-py runs unmodified")

_INFO = b'INFO {"server_id": "simulated", "version": "2.10.0", "proto": 1, "headers": true, "max_payload": 1048576}\r\n'


class Server:
    """Subjects without headers; a last token of `*` or `>` matches whatever stands there."""

    def __init__(self) -> None:
        self._subscriptions: dict[tuple[asyncio.StreamWriter, bytes], bytes] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_INFO)
        try:
            while line := await reader.readline():
                await self._take(reader, writer, line.split())
                await writer.drain()
        finally:
            for key in [key for key in self._subscriptions if key[0] is writer]:
                del self._subscriptions[key]
            writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: list[bytes]) -> None:
        match words:
            case [b"PING"]:
                writer.write(b"PONG\r\n")
            case [b"SUB", subject, *_, number]:
                self._subscriptions[writer, number] = subject
            case [b"UNSUB", number]:
                self._subscriptions.pop((writer, number), None)
            case [b"PUB", subject, *reply, size]:
                payload = (await reader.readexactly(int(size) + 2))[:-2]
                self._publish(subject, reply, payload)
            case _:
                pass

    def _publish(self, subject: bytes, reply: list[bytes], payload: bytes) -> None:
        for (writer, number), pattern in self._subscriptions.items():
            if pattern == subject or (pattern[-1:] in b"*>" and subject.startswith(pattern[:-1])):
                words = [b"MSG", subject, number, *reply, b"%d" % len(payload)]
                writer.write(b" ".join(words) + b"\r\n" + payload + b"\r\n")


async def _client() -> Any:
    return await nats.connect("nats://127.0.0.1:4222")


async def _settle(client: Any) -> None:
    # The first flush overtakes what still waits to be sent: its PONG does not say that the server has a subscription.
    for _ in range(2):
        await client.flush()


def test_what_is_published_reaches_each_subscriber_in_order() -> None:
    async def main() -> None:
        async with served(Server().serve, 4222):
            ann, ben = await asyncio.gather(_client(), _client())
            hears = [await guest.subscribe("news.*") for guest in (ann, ben)]
            await asyncio.gather(_settle(ann), _settle(ben))
            for number in range(3):
                await ann.publish("news.today", b"%d" % number)
            heard = [[(await inbox.next_msg(timeout=5)).data for _ in range(3)] for inbox in hears]
            assert heard == [[b"0", b"1", b"2"]] * 2
            await asyncio.gather(ann.close(), ben.close())

    check(main)


def test_requests_are_answered() -> None:
    async def answer(message: Any) -> None:
        await message.respond(message.data.upper())

    async def main() -> None:
        async with served(Server().serve, 4222):
            ann, ben = await asyncio.gather(_client(), _client())
            await ben.subscribe("shout", cb=answer)
            await _settle(ben)
            answers = await asyncio.gather(*(ann.request("shout", word, timeout=5) for word in (b"one", b"two")))
            assert [answer.data for answer in answers] == [b"ONE", b"TWO"]
            await asyncio.gather(ann.drain(), ben.drain())

    check(main)
