"""A body is read once, whoever reads it, chunk by chunk or as a whole. F-STR-04 to F-STR-06, R-STR-06, R-STR-08."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from detrun.errors import BodyUsed
from detrun.runtime.http.body import Body


class Source:
    """Gives chunks, and remembers whether it was cancelled."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = list(chunks)
        self.cancelled: list[object] = []

    def __aiter__(self) -> Source:
        return self

    async def __anext__(self) -> bytes:
        if not self.chunks:
            raise StopAsyncIteration
        await asyncio.sleep(0)
        chunk = self.chunks.pop(0)
        if isinstance(chunk, Exception):
            raise chunk
        return chunk

    async def cancel(self, reason: object) -> None:
        self.cancelled.append(reason)


async def chunks(body: Body) -> list[bytes]:
    return [chunk async for chunk in body]


async def fails_after_one(body: Body) -> None:
    reader = aiter(body)
    assert await anext(reader) == b"a"
    with pytest.raises(KeyError):
        await anext(reader)


def test_a_body_of_bytes_is_there_at_once() -> None:
    body = Body(bytearray(b"ab"))

    assert body.data == b"ab"
    assert not body.used
    assert asyncio.run(body.read()) == b"ab"
    assert body.data is None


def test_no_chunk_is_dropped_and_none_is_added() -> None:
    assert asyncio.run(chunks(Body(Source(b"a", b"", b"b", b"")))) == [b"a", b"", b"b", b""]
    assert asyncio.run(chunks(Body(b""))) == []


def test_a_stream_is_not_here() -> None:
    body = Body(Source(b"a", b"b"))

    assert body.data is None
    assert asyncio.run(body.read()) == b"ab"


async def taken(body: Body) -> None:
    body.take()


@pytest.mark.parametrize("use", [Body.read, chunks, taken, Body.cancel])
@pytest.mark.parametrize("again", [Body.read, chunks, taken])
def test_a_body_is_used_once(use: object, again: object) -> None:
    async def main(body: Body) -> None:
        await use(body)  # type: ignore[operator]
        assert body.used
        with pytest.raises(OSError, match="the body was already used"):
            await again(body)  # type: ignore[operator]

    asyncio.run(main(Body(b"a")))
    asyncio.run(main(Body(Source(b"a"))))


def test_whoever_takes_a_body_can_read_it() -> None:
    body = Body(Source(b"a"))

    assert asyncio.run(body.take().read()) == b"a"


def test_cancelling_tells_the_source_why_and_once() -> None:
    async def main() -> None:
        source = Source(b"a")
        body = Body(source)
        await body.cancel("why")
        await body.cancel("again")
        assert source.cancelled == ["why"]

    asyncio.run(main())


def test_what_is_left_of_a_body_can_be_cancelled() -> None:
    async def main() -> None:
        source = Source(b"a", b"b")
        body = Body(source)
        async for _ in body:
            break
        await body.cancel("enough")
        assert source.cancelled == ["enough"]

    asyncio.run(main())


def test_what_has_ended_or_belongs_to_another_is_not_cancelled() -> None:
    async def main() -> None:
        read, given = Source(b"a"), Source(b"a")
        ended, moved = Body(read), Body(given)
        await ended.read()
        other = moved.take()
        await ended.cancel()
        await moved.cancel()
        assert read.cancelled == given.cancelled == []
        await other.cancel()
        assert given.cancelled == [None]

    asyncio.run(main())


def test_a_generator_is_closed_when_its_body_is_cancelled() -> None:
    closed = []

    async def source() -> AsyncIterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    async def main() -> None:
        body = Body(source())
        async for _ in body:
            break
        assert not closed
        await body.cancel()
        assert closed

    asyncio.run(main())


def test_an_error_of_the_source_ends_the_body() -> None:
    async def main() -> None:
        source = Source(b"a", KeyError("x"), b"c")
        body = Body(source)
        await fails_after_one(body)
        await body.cancel()
        assert source.cancelled == []

    asyncio.run(main())


def test_a_chunk_that_is_no_bytes_is_an_error() -> None:
    with pytest.raises(TypeError, match="expected a chunk of a body to be bytes, got str"):
        asyncio.run(Body(Source("text")).read())  # type: ignore[arg-type]


@pytest.mark.parametrize("content", ["text", 1, [b"a"]])
def test_a_body_is_of_bytes(content: bytes) -> None:
    with pytest.raises(TypeError, match="expected bytes or an asynchronous iterable of bytes"):
        Body(content)


def test_both_ends_of_a_body_that_was_split_have_all_of_it() -> None:
    async def main() -> None:
        for body in (Body(b"abc"), Body(Source(b"a", b"b", b"", b"c"))):
            second = body.tee()
            assert list(await asyncio.gather(body.read(), second.read())) == [b"abc", b"abc"]

        body = Body(Source(b"a", b"b", b"", b"c"))
        second = body.tee()
        assert await chunks(body) == [b"a", b"b", b"", b"c"]
        assert await chunks(second) == [b"a", b"b", b"", b"c"]

    asyncio.run(main())


def test_both_ends_have_the_error_behind_what_came_before_it() -> None:
    async def main() -> None:
        first = Body(Source(b"a", KeyError("x")))
        second = first.tee()
        for body in (first, second):
            await fails_after_one(body)

    asyncio.run(main())


def test_the_source_stops_when_nobody_wants_it() -> None:
    async def main() -> None:
        source = Source(b"a", b"b")
        body = Body(source)
        second = body.tee()
        await body.cancel("first")
        assert source.cancelled == []
        assert await anext(aiter(second)) == b"a"
        await second.cancel("second")
        assert source.cancelled == ["second"]

    asyncio.run(main())


def test_a_used_body_cannot_be_split() -> None:
    body = Body(b"a")
    asyncio.run(body.read())

    with pytest.raises(BodyUsed):
        body.tee()
