"""Handles belong to the event that they were made in: plain data may go anywhere, they may not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detrun.errors import CrossContextError
from detrun.scenarios.app import App
from tests.runtime.applications import played, worker

SHARES = worker(
    "web",
    """
    kept = {}

    class Cell(RpcTarget):
        def get(self):
            return 1

    class Other(WorkerEntrypoint):
        def cell(self):
            return Cell()

        async def fetch(self, request):
            async def chunks():
                yield b"x"
                await asyncio.sleep(60)
            return Response(chunks())

        async def slow(self):
            await asyncio.sleep(60)

    class Default(WorkerEntrypoint):
        async def keep(self):
            other = self.ctx.exports.Other
            kept["stub"] = await other.cell()
            kept["member"] = kept["stub"].get
            kept["promise"] = other.slow()
            kept["body"] = (await other.fetch("http://any/")).body
            kept["data"] = {"plain": [1, 2]}
            kept["service"] = other
            await asyncio.sleep(30)

        async def use(self, what):
            if what == "stub":
                return await kept["stub"].get()
            if what == "dup":
                return kept["stub"].dup()
            if what == "member":
                return await kept["member"]()
            if what == "promise":
                return await kept["promise"]
            if what == "pipelined":
                return await kept["promise"].get()
            if what == "body":
                return await kept["body"].read()
            if what == "sent":
                return await self.ctx.exports.Other.take(kept["stub"])
            if what == "service":
                with await kept["service"].cell() as cell:
                    return await cell.get()
            return kept[what]
    """,
)


@pytest.mark.parametrize("what", ["stub", "dup", "member", "promise", "pipelined", "body", "sent"])
def test_a_handle_that_another_event_uses_is_refused_and_says_whose_it_is(what: str) -> None:
    async def scenario(app: App) -> Any:
        keeping = asyncio.ensure_future(app.service("web").keep())
        await app.sleep(10)
        with pytest.raises(CrossContextError) as caught:
            await app.service("web").use(what)
        keeping.cancel()
        text = str(caught.value)
        assert "belongs to web.keep in web@1, and web.use in web@1 used it: it was made at /app/web/main.py:" in text
        return caught.value.what

    kinds = {"promise": "the promise of an answer", "pipelined": "the promise of an answer", "body": "a stream"}
    assert played(scenario, SHARES) == kinds.get(what, "a stub")


def test_plain_data_and_services_may_be_used_by_any_event() -> None:
    async def scenario(app: App) -> Any:
        keeping = asyncio.ensure_future(app.service("web").keep())
        await app.sleep(10)
        used = await app.service("web").use("data"), await app.service("web").use("service")
        keeping.cancel()
        return used

    assert played(scenario, SHARES) == ({"plain": [1, 2]}, 1)
