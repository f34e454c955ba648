"""A worker that says of which version it is, and what a test looks at of its generations."""

from __future__ import annotations

import asyncio
from typing import Any

from detrun.runtime.generations import Generation
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, worker

SOURCE = """
import asyncio
from detrun import Response, RpcTarget, WorkerEntrypoint, wait_until

VERSION = 1

class Cell(RpcTarget):
    def get(self):
        return VERSION

class Default(WorkerEntrypoint):
    version = VERSION

    def number(self):
        return VERSION

    async def slow(self, seconds):
        await asyncio.sleep(seconds)
        return VERSION

    @property
    async def slowly(self):
        await asyncio.sleep(3)
        return VERSION

    def cell(self):
        return Cell()

    async def fetch(self, request):
        if request.url.endswith("/later"):
            self.ctx.wait_until(asyncio.sleep(3))
        if request.url.endswith("/upload"):
            return Response(str(len(await request.bytes())))
        if request.url.endswith("/slow"):
            await asyncio.sleep(3)
        if request.url.endswith("/stream"):
            async def chunks():
                for _ in range(3):
                    await asyncio.sleep(1)
                    yield b"."
            return Response(chunks())
        return Response(str(VERSION))
"""
WEB = worker("web", SOURCE)
FRONT = worker(
    "front",
    """
    class Default(WorkerEntrypoint):
        async def through(self, seconds):
            return await self.env.WEB.slow(seconds)
    """,
    Bound("WEB", "web"),
)


def version(number: int) -> dict[str, str | bytes | None]:
    return {"web/main.py": SOURCE.replace("VERSION = 1", f"VERSION = {number}")}


def active(app: App, name: str = "web") -> Generation:
    found = app.application.worker(name).active
    assert found is not None
    return found


def states(app: App) -> list[tuple[int, str]]:
    return [(known.number, known.state.value) for known in app.application.worker("web").listed()]


async def upload(app: App) -> str:
    async def chunks() -> Any:
        for _ in range(3):
            await asyncio.sleep(1)
            yield b"."

    return await (await app.fetch("/upload", method="POST", body=chunks())).text()
