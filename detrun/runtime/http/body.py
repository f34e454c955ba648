"""A body: bytes that are here, or chunks that come one by one. It is read once, whoever reads it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable
from typing import Protocol, runtime_checkable

from detrun.errors import BodyUsed

Buffer = bytes | bytearray | memoryview


@runtime_checkable
class _Cancellable(Protocol):
    def cancel(self, reason: object) -> Awaitable[object]: ...


class Body:
    """Bytes, or an asynchronous source of them that may have `cancel(reason)`; whoever takes it has used it."""

    __slots__ = ("_reader", "_source", "_used")

    def __init__(self, source: Buffer | AsyncIterable[Buffer]) -> None:
        if not isinstance(source, Buffer | AsyncIterable):
            raise TypeError(f"expected bytes or an asynchronous iterable of bytes, got {type(source).__name__}")
        self._source: bytes | AsyncIterable[Buffer] = source if isinstance(source, AsyncIterable) else bytes(source)
        self._reader: _Reader | None = None
        self._used = False

    @property
    def used(self) -> bool:
        """Whether it was read, handed on or cancelled."""
        return self._used

    @property
    def data(self) -> bytes | None:
        """The bytes, if they are here; to look at them does not use the body."""
        return self._source if isinstance(self._source, bytes) and not self._used else None

    def take(self) -> Body:
        """The same body for somebody else: it is as if this one had been read."""
        return Body(self._taken())

    def _taken(self) -> bytes | AsyncIterable[Buffer]:
        if self._used:
            raise BodyUsed("the body was already used: it is read once, unless it was cloned before")
        self._used = True
        source, self._source = self._source, b""
        return source

    def tee(self) -> Body:
        """A second body with the same content; what one has read is kept until the other has."""
        source = self._taken()
        self._used = False
        if isinstance(source, bytes):
            self._source = source
            return Body(source)
        split = _Split(source)
        self._source = _Branch(split, 0)
        return Body(_Branch(split, 1))

    async def read(self) -> bytes:
        """All of it."""
        return b"".join([chunk async for chunk in self])

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The chunks as they come, those of no length too."""
        source = self._taken()
        self._reader = _Reader(_Whole(source) if isinstance(source, bytes) else source)
        return self._reader

    async def cancel(self, reason: object = None) -> None:
        """Say that nobody wants what is left; its source stops, if it can be told to. It may be said at any time."""
        if not self._used:
            aiter(self)
        if self._reader is not None:
            await self._reader.stop(reason)


class _Reader:
    """Reads a source to its end, or until it is stopped.

    It is no generator: one that was left half-way would be closed when garbage is collected.
    """

    __slots__ = ("_ended", "_iterator", "_source")

    def __init__(self, source: AsyncIterable[Buffer]) -> None:
        self._source = source
        self._iterator: AsyncIterator[Buffer] | None = None
        self._ended = False

    def __aiter__(self) -> _Reader:
        return self

    async def __anext__(self) -> bytes:
        if self._ended:
            raise StopAsyncIteration
        if self._iterator is None:
            self._iterator = aiter(self._source)
        try:
            return _chunk(await anext(self._iterator))
        except Exception:
            self._ended = True
            raise

    async def stop(self, reason: object) -> None:
        """Have the source stop, if it has not ended."""
        if self._ended:
            return
        self._ended = True
        if isinstance(self._source, _Cancellable):
            await self._source.cancel(reason)
            return
        close = getattr(self._iterator or self._source, "aclose", None)
        # A generator that somebody waits for ends with whoever waits.
        if close is not None and not getattr(self._iterator, "ag_running", False):
            await close()


class _Whole:
    """Bytes as a source."""

    def __init__(self, data: bytes) -> None:
        self._left = [data] if data else []

    def __aiter__(self) -> _Whole:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


def _chunk(chunk: Buffer) -> bytes:
    if not isinstance(chunk, Buffer):
        raise TypeError(f"expected a chunk of a body to be bytes, got {type(chunk).__name__}")
    return bytes(chunk)


class _Split:
    """One source for two; what one has read and the other has not is kept for it."""

    def __init__(self, source: AsyncIterable[Buffer]) -> None:
        self._reader = _Reader(source)
        self._kept: tuple[deque[bytes], deque[bytes]] = (deque(), deque())
        self._gone: set[int] = set()
        self._failed: Exception | None = None
        self._reading = asyncio.Lock()

    async def next(self, side: int) -> bytes:
        kept = self._kept[side]
        if not kept:
            async with self._reading:
                # While this waited, the other may have read.
                if not kept:
                    await self._read()
        return kept.popleft()

    async def _read(self) -> None:
        if self._failed is not None:
            raise self._failed
        try:
            chunk = await anext(self._reader)
        except Exception as error:
            self._failed = error
            raise
        for side, kept in enumerate(self._kept):
            if side not in self._gone:
                kept.append(chunk)

    async def leave(self, side: int, reason: object) -> None:
        self._gone.add(side)
        self._kept[side].clear()
        if len(self._gone) == len(self._kept):
            await self._reader.stop(reason)


class _Branch:
    """One of the two ends of a source that was split."""

    def __init__(self, split: _Split, side: int) -> None:
        self._split = split
        self._side = side

    def __aiter__(self) -> _Branch:
        return self

    async def __anext__(self) -> bytes:
        return await self._split.next(self._side)

    async def cancel(self, reason: object) -> None:
        await self._split.leave(self._side, reason)
