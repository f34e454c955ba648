"""Asynchronous generators that a handler drops: they are closed, though the event is over by then."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from detrun.errors import Hung
from detrun.testing.app import App
from tests.runtime.applications import played, scopes_left, worker

DROPPING = worker(
    "api",
    """
    closed = []

    async def numbers(who):
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            closed.append(who)

    async def first(who):
        async for number in numbers(who):
            return number

    class Default(WorkerEntrypoint):
        async def answered(self):
            return await first("answered")

        async def failed(self):
            await first("failed")
            raise ValueError("failed")

        async def ended(self):
            async for _ in numbers("ended"):
                await asyncio.Event().wait()

        def left(self):
            self.ctx.wait_until(first("left"))

        def closed(self):
            return closed
    """,
)


@pytest.mark.parametrize("name", ["answered", "failed", "ended", "left"])
def test_a_generator_that_is_dropped_is_closed_whatever_becomes_of_the_event(name: str) -> None:
    async def scenario(app: App) -> Any:
        with suppress(ValueError, Hung):
            await getattr(app.service("api"), name)()
        return [await app.service("api").closed(), await scopes_left(app)]

    assert played(scenario, DROPPING) == [[name], 0]
