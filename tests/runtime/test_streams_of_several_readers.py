"""A stream that several tasks read: each chunk is one task's, and the end is everybody's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from detrun.runtime.streams import Stream
from detrun.scenarios.app import App
from tests.runtime.applications import played, worker

NUMBERS = worker(
    "numbers",
    """
    class Default(WorkerEntrypoint):
        async def upto(self, n):
            async def numbers():
                for number in range(n):
                    await asyncio.sleep(1)
                    yield b"%d" % number
            return numbers()
    """,
)


async def chunks_of(stream: AsyncIterator[bytes]) -> list[bytes]:
    return [chunk async for chunk in stream]


def test_each_chunk_is_one_tasks_and_the_end_is_everybodys() -> None:
    async def scenario(app: App) -> Any:
        stream: Stream = await app.service("numbers").upto(6)
        found = await asyncio.gather(*(chunks_of(stream) for _ in range(3)))
        return sorted(chunk for chunks in found for chunk in chunks)

    assert played(scenario, NUMBERS) == [b"%d" % number for number in range(6)]


def test_a_task_that_reads_no_more_takes_nothing_along() -> None:
    async def scenario(app: App) -> Any:
        stream: Stream = await app.service("numbers").upto(3)
        reading = asyncio.create_task(chunks_of(stream))
        other = asyncio.create_task(chunks_of(stream))
        await asyncio.sleep(0)
        other.cancel()
        with pytest.raises(asyncio.CancelledError):
            await other
        return await reading

    assert played(scenario, NUMBERS) == [b"0", b"1", b"2"]
