"""Asynchronous generators that a handler drops: they are closed, though the event is over by then."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import pytest

from detrun.errors import Hung
from detrun.scenarios.app import App
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


def test_what_an_earlier_run_left_open_is_nothing_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator of its own that is begun and dropped, at whatever address, and one of the run before."""
    left: list[Any] = []
    monkeypatch.setattr(sys, "left_by_runs", left, raising=False)
    leaving = worker(
        "api",
        """
        import sys

        async def numbers():
            try:
                yield 1
            finally:
                await asyncio.sleep(0)
                sys.left_by_runs.append("closed")

        class Default(WorkerEntrypoint):
            async def leave(self):
                sys.left_by_runs.append(opened := numbers())
                await anext(opened)

            async def drop(self):
                sys.left_by_runs.clear()
                await anext(numbers())
        """,
    )

    async def leaves(app: App) -> None:
        await app.service("api").leave()

    async def drops(app: App) -> Any:
        await app.service("api").drop()
        await scopes_left(app)
        return list(left)

    fresh = played(drops, leaving)
    left.clear()
    played(leaves, leaving)
    assert len(left) > 1

    assert played(drops, leaving) == fresh == ["closed"]
