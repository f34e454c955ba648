"""redis-py's asyncio client, against a small server of the test's own that speaks RESP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.platform.libraries.seeds import check, served

redis = pytest.importorskip("redis.asyncio", reason="shows that redis-py runs unmodified")


class Server:
    """Strings, counters and channels in memory; a request is an array of bulk strings."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._listeners: dict[bytes, list[asyncio.StreamWriter]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                request = [await _bulk(reader) for _ in range(int(line[1:]))]
                writer.write(self._answer(writer, request[0].upper(), request[1:]))
                await writer.drain()
        finally:
            writer.close()

    def _answer(self, writer: asyncio.StreamWriter, command: bytes, arguments: list[bytes]) -> bytes:
        match command, arguments:
            case b"SET", [key, value]:
                self._values[key] = value
            case b"GET", [key]:
                return _spelled(self._values.get(key))
            case b"INCRBY", [key, amount]:
                self._values[key] = b"%d" % (int(self._values.get(key, b"0")) + int(amount))
                return b":%b\r\n" % self._values[key]
            case b"SUBSCRIBE", [channel]:
                self._listeners.setdefault(channel, []).append(writer)
                return _spelled([b"subscribe", channel, 1])
            case b"PUBLISH", [channel, message]:
                listeners = self._listeners.get(channel, [])
                for listener in listeners:
                    listener.write(_spelled([b"message", channel, message]))
                return b":%d\r\n" % len(listeners)
            case _:
                pass  # to know who and which database
        return b"+OK\r\n"


async def _bulk(reader: asyncio.StreamReader) -> bytes:
    size = int((await reader.readline())[1:])
    return (await reader.readexactly(size + 2))[:-2]


def _spelled(value: Any) -> bytes:
    match value:
        case None:
            return b"$-1\r\n"
        case int():
            return b":%d\r\n" % value
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(value), value)
        case _:
            return b"*%d\r\n" % len(value) + b"".join(map(_spelled, value))


def _client(**options: Any) -> Any:
    return redis.Redis(host="localhost", port=6379, protocol=2, **options)


def test_what_was_set_can_be_got_and_no_increment_is_lost() -> None:
    async def main() -> None:
        async with served(Server().serve, 6379), _client() as client:
            await client.set("name", b"x" * 10_000)
            await asyncio.gather(*(client.incr("count") for _ in range(4)))
            assert list(await asyncio.gather(client.get("name"), client.get("count"))) == [b"x" * 10_000, b"4"]
            assert await client.get("nothing") is None

    check(main)


def test_a_pipeline_is_answered_in_its_order() -> None:
    async def pipeline(client: Any, name: str) -> Any:
        async with client.pipeline(transaction=False) as commands:
            commands.set(name, name).incr(f"{name}-count").get(name).get("nothing")
            return await commands.execute()

    async def main() -> None:
        async with served(Server().serve, 6379), _client() as client:
            answers = await asyncio.gather(pipeline(client, "ann"), pipeline(client, "ben"))
        assert list(answers) == [[True, 1, name, None] for name in (b"ann", b"ben")]

    check(main)


def test_what_is_published_reaches_whoever_has_subscribed() -> None:
    async def main() -> None:
        async with (
            served(Server().serve, 6379),
            _client() as client,
            client.pubsub(ignore_subscribe_messages=True) as inbox,
        ):
            await inbox.subscribe("news")
            await asyncio.sleep(1)
            await client.publish("news", "hello")
            messages = [await inbox.get_message(timeout=1) for _ in range(3)]
        assert [message["data"] for message in messages if message] == [b"hello"]

    check(main)


def test_a_pool_that_is_exhausted_makes_clients_wait_for_each_other() -> None:
    async def main() -> None:
        pool = redis.BlockingConnectionPool(host="localhost", port=6379, protocol=2, max_connections=2, timeout=60)
        async with served(Server().serve, 6379), redis.Redis.from_pool(pool) as client:
            counts = await asyncio.gather(*(client.incr("count") for _ in range(6)))
        assert sorted(counts) == [1, 2, 3, 4, 5, 6]

    check(main)
