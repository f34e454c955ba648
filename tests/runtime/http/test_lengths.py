"""Streams of a length that was said before. F-STR-12."""

from __future__ import annotations

import asyncio

import pytest

from detrun.runtime.http.body import Body
from detrun.runtime.http.lengths import FixedLength
from tests.runtime.http.test_body import Source, chunks


@pytest.mark.parametrize("content", [[], [b""], [b"ab", b"", b"c"]])
def test_as_many_bytes_as_were_said_pass(content: list[bytes]) -> None:  # F-STR-12
    length = len(b"".join(content))

    assert asyncio.run(chunks(Body(FixedLength(Source(*content), length)))) == content
    assert asyncio.run(Body(FixedLength(b"".join(content), length)).read()) == b"".join(content)


def test_more_is_an_error_and_stops_the_source() -> None:  # F-STR-12
    async def main() -> None:
        source = Source(b"ab", b"cd", b"e")
        reader = aiter(Body(FixedLength(source, 3)))
        assert await anext(reader) == b"ab"
        with pytest.raises(ValueError, match="expected 3 bytes, got more"):
            await anext(reader)
        assert source.cancelled == [None]

    asyncio.run(main())


@pytest.mark.parametrize("length", [3, 2**80])
def test_less_is_an_error(length: int) -> None:  # F-STR-12
    with pytest.raises(ValueError, match=f"expected {length:,} bytes, got 2"):
        asyncio.run(Body(FixedLength(Source(b"ab"), length)).read())


@pytest.mark.parametrize("length", [-1, 1.5, float("nan"), True, "3"])
def test_a_length_is_a_number_of_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="expected a number of bytes"):
        FixedLength(b"", length)


def test_what_is_cancelled_cancels_its_source() -> None:
    async def main() -> None:
        source = Source(b"ab")
        await Body(FixedLength(source, 2)).cancel("why")
        assert source.cancelled == ["why"]

    asyncio.run(main())
