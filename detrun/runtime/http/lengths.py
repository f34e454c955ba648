"""A stream of a length that was said before: more than that, or less, is an error where it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.runtime.http.body import Body

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

    from detrun.runtime.http.body import Buffer


class FixedLength:
    """The chunks of a source, as many bytes as were said; an error of its reader once they are more, or end before."""

    def __init__(self, source: AsyncIterable[Buffer] | Buffer, length: int) -> None:
        if type(length) is not int or length < 0:
            raise ValueError(f"expected a number of bytes, got {length!r}")
        self.length = length
        self._left = length
        self._body = Body(source)
        self._chunks = aiter(self._body)

    def __aiter__(self) -> FixedLength:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            if self._left:
                raise ValueError(f"expected {self.length:,} bytes, got {self.length - self._left:,}") from None
            raise
        if len(chunk) > self._left:
            await self._body.cancel()
            raise ValueError(f"expected {self.length:,} bytes, got more")
        self._left -= len(chunk)
        return chunk

    async def cancel(self, reason: object) -> None:
        """Nobody wants what is left."""
        await self._body.cancel(reason)
