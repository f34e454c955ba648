"""Streams: bytes that travel chunk by chunk, as many at a time as the reader has room for. This is the one pump.

The sender takes a chunk from its source when it has a credit for it, and no earlier; the reader gives one back for each
chunk that was taken from it. So a reader that stands still stops the source, over any number of contexts.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any

from detrun.errors import InternalError, Released
from detrun.runtime.carrying import Carrier
from detrun.runtime.frames import Break, Cancel, Chunk, Credit, Finish
from detrun.runtime.http.body import Body
from detrun.runtime.members import Remote
from detrun.runtime.ownership import Handle, Made
from detrun.runtime.remote_errors import decode_error, encode_error
from detrun.runtime.sessions import Lasting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from detrun.runtime.ownership import Site
    from detrun.runtime.scopes import Scope
    from detrun.runtime.sessions import Side


class Outgoing(Lasting):
    """The end of a stream that sends. Its scope goes on until the last chunk has left, or nobody wants it."""

    __slots__ = ("_carrier", "_credits", "_room", "_sent", "_source", "_task")

    def __init__(self, carrier: Carrier, source: AsyncIterable[Any]) -> None:
        super().__init__(carrier.side, carrier.scope)
        self._source = source
        self._carrier = carrier
        self._credits = carrier.scope.root.limits.stream_window
        self._sent = 0
        self._room: asyncio.Future[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self.scope.hold(self)

    def begin(self) -> None:
        """Begin to send."""
        self._task = self.scope.spawn(self._pump, "a stream")

    def take(self, frame: Credit | Cancel) -> None:
        if isinstance(frame, Credit):
            self._credits += frame.chunks
            if self._room is not None and not self._room.done():
                self._room.set_result(None)
        else:
            self.lose(Released("a stream was cancelled", frame.reason))

    def tear_down(self, error: BaseException) -> None:
        self._finish(Break(encode_error(error, self.side.name)))

    def lose(self, error: BaseException) -> None:
        """Nobody reads it any more: the source learns of that as a cancellation."""
        self.forget()
        if self._carrier.answers:
            self.scope.abandon(error)
        if self._task is None:
            self.scope.release(self)
        else:
            self._task.cancel(str(error))

    async def _pump(self) -> None:
        source: Any = None
        try:
            source = aiter(self._source)
            while True:
                await self._credit()
                try:
                    chunk = await anext(source)
                except StopAsyncIteration:
                    self._finish(Finish(self._sent))
                    return
                if self.number not in self.side.ends:
                    return  # it was cancelled, and went on all the same
                self.send(Chunk(_bytes(chunk)), "chunk")
                self._sent += 1
        except asyncio.CancelledError:
            pass
        except Exception as error:
            self._finish(Break(encode_error(error, self.side.name)))
        finally:
            try:
                await self._close(source)
            finally:
                self._carrier.over(self)
                self.scope.release(self)

    async def _close(self, source: Any) -> None:
        """Have the source let go of what it has, which a generator does when it is closed."""
        if isinstance(self._source, Body):
            await self._source.cancel("it is not sent any further")
        elif (close := getattr(source, "aclose", None)) is not None:
            await close()

    async def _credit(self) -> None:
        while not self._credits:
            self._room = self.scope.context.loop.create_future()
            await self._room
        self._credits -= 1

    def _finish(self, frame: Finish | Break) -> None:
        if self.number in self.side.ends:
            self.send(frame, "end of a stream" if isinstance(frame, Finish) else "break of a stream")
            self.forget()


class Incoming(Lasting):
    """The end of a stream that receives: what has arrived and was not read yet."""

    __slots__ = ("_chunks", "_ended", "_error", "_got", "_waiters")
    expects = True

    def __init__(self, side: Side, scope: Scope, number: int) -> None:
        super().__init__(side, scope, number)
        self._chunks: deque[bytes] = deque()
        self._got = 0
        self._ended = False
        self._error: BaseException | None = None
        self._waiters: list[asyncio.Future[None]] = []

    def take(self, frame: Chunk | Finish | Break) -> None:
        match frame:
            case Chunk():
                self._got += 1
                self._chunks.append(frame.data)
                self._wake()
            case Finish():
                if frame.chunks != self._got:
                    raise InternalError(f"a stream of {frame.chunks} chunks has brought {self._got}")
                self._end(None)
            case Break():
                self._end(decode_error(frame.error, Carrier(self.side, self.scope)))

    def tear_down(self, error: BaseException) -> None:
        self.cancel(str(error))
        self._end(error)

    def lose(self, error: BaseException) -> None:
        self._end(error)

    def cancel(self, reason: str) -> None:
        """Want nothing more of it: the sender stops."""
        if not self._ended:
            self.send(Cancel(reason), "cancellation of a stream")
            self._end(Released("the stream was cancelled", reason))
        self._chunks.clear()

    async def next(self) -> bytes:
        """The next chunk; `StopAsyncIteration` after the last."""
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            waiter = self.scope.context.loop.create_future()
            self._waiters.append(waiter)
            await waiter
        if not self._ended:
            self.send(Credit(1), "credit")
        return self._chunks.popleft()

    def _end(self, error: BaseException | None) -> None:
        if not self._ended:
            self._ended, self._error = True, error
            self.forget()
            self._wake()

    def _wake(self) -> None:
        # All of them look: who was cancelled meanwhile takes nothing.
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()


class Stream(Made):
    """Bytes that come from another context: `async for chunk in stream`, once. It belongs to who received it."""

    __slots__ = ("_incoming",)
    kind = "a stream"

    def __init__(self, incoming: Incoming, site: Site) -> None:
        super().__init__(incoming.scope, site)
        self._incoming = incoming

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self.check()
        return await self._incoming.next()

    async def cancel(self, reason: object = None) -> None:
        """Read no more: whoever sends stops."""
        self.check()
        self._incoming.cancel("it is not needed" if reason is None else str(reason))

    async def aclose(self) -> None:
        """The same, as generators call it."""
        await self.cancel()

    def dispose(self) -> None:
        """Stop it if nobody has read it to its end."""
        self._incoming.cancel("it was not read to its end")


class Streams:
    """Anything that gives bytes asynchronously arrives as a stream."""

    code = 2

    @staticmethod
    def export(carrier: Carrier, value: Any) -> Any:
        if not isinstance(value, AsyncIterable) or isinstance(value, Remote):
            return NotImplemented
        if isinstance(value, Handle):
            value.check()
        end = Outgoing(carrier, value)
        carrier.made.append(end)
        carrier.begins[end] = None
        return end.number

    @staticmethod
    def revive(carrier: Carrier, payload: int) -> Stream:
        stream = Stream(Incoming(carrier.side, carrier.scope, payload), carrier.site)
        carrier.streams.append(stream)
        return stream

    @staticmethod
    def discard(side: Side, payload: int) -> None:
        side.send(payload, Cancel("nobody waits for it"), "cancellation of a stream")


def _bytes(chunk: Any) -> bytes:
    if isinstance(chunk, str):
        return chunk.encode()
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    raise TypeError(f"expected a stream to give bytes or text, got {chunk!r}")
