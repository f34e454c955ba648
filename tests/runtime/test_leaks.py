"""What is left of many reloads when everything has come to rest: nothing in any table, and next to no memory."""

from __future__ import annotations

import asyncio
import gc
import linecache
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from detrun.scenarios.app import App
from detrun.scheduler.handles import NOTHING
from detrun.scheduler.tasks import LOOPS
from tests.runtime.applications import Bound, play, worker

SOURCE = """
import asyncio
from detrun import Response, RpcTarget, WebSocketPair, WorkerEntrypoint

VERSION = 0

class Cell(RpcTarget):
    def get(self):
        return VERSION

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if request.headers.get("upgrade") == "websocket":
            here, there = WebSocketPair()
            here.accept()
            here.send(f"hello from {VERSION}")
            return Response(status=101, web_socket=there)
        self.ctx.wait_until(self.env.STORE.slow(1))
        if request.method == "POST":
            return Response(request.body)
        async def chunks():
            while True:
                yield b"x"
                await asyncio.sleep(1)
        return Response(chunks())

    def cell(self):
        return Cell()
"""
STORE = worker(
    "store",
    """
    class Default(WorkerEntrypoint):
        async def slow(self, seconds):
            await asyncio.sleep(seconds)
    """,
)
WEB = worker("web", SOURCE, Bound("STORE", "store"))


async def traffic(app: App, number: int) -> None:
    """Things of each kind are under way while generations follow each other, and not all of them are ended."""
    client = app.client("client")
    download = await client.fetch("/download")
    await anext(aiter(download))

    async def chunks() -> Any:
        while True:
            yield b"y"
            await asyncio.sleep(1)

    upload = await client.fetch("/upload", method="POST", body=chunks())
    await anext(aiter(upload))
    socket = await client.websocket("/socket")
    assert await socket.receive() == f"hello from {number}"
    cell = await client.service("web").cell()
    newer = SOURCE.replace("VERSION = 0", f"VERSION = {number + 1}")
    await app.reload({"web/main.py": newer})
    assert await cell.get() == number
    if number % 4 == 0:
        with suppress(SyntaxError):
            await app.reload({"web/main.py": "def"})
        app.save({"web/main.py": newer})
    if number % 3 == 0:
        client.disconnect()
    if number % 50 == 49:
        await app.sleep(15)


async def rest(app: App, number: int) -> None:
    """Have everything end, and what is remembered of it be forgotten."""
    app.disconnect()
    await app.sleep(75)
    await app.reload({"web/main.py": SOURCE.replace("VERSION = 0", f"VERSION = {number}")})
    await app.sleep(1)
    gc.collect()


def tables(app: App) -> dict[str, int]:
    """How much there is in each of the tables that something could be left in."""
    application = app.application
    engine = application.engine
    generations = [known for each in application.workers for known in each.generations]
    return {
        "contexts": len(engine.contexts),
        "loops": len(LOOPS),
        "homes of timers": engine.clock.homes,
        "timers": sum(timer[3].call is not NOTHING for timer in engine.clock.timers),
        "arrivals": len(engine.arrivals),
        "sessions": len(application.sessions),
        "roots": len(application.roots),
        "scopes": sum(len(known.isolate.scopes) for known in generations),
        "generations": len(generations),
        "lines": sum(name.startswith("/app") for name in linecache.cache),
        "modules": len(sys.modules),
        "handles of the client": len(app.client("client").scope.handles),
        "sessions of the client": len(app.client("client").scope.sessions),
        "complaints": len(engine.claims.complaints),
    }


@pytest.mark.parametrize(
    ("warm", "reloads", "each"), [(20, 60, 1_500), pytest.param(300, 1_000, 300, marks=pytest.mark.soak)]
)
def test_nothing_is_left_of_many_reloads(  # R-GEN-21, R-GEN-24
    warm: int, reloads: int, each: int, record_property: Callable[[str, object], None]
) -> None:
    # In a process of its own: what other tests have left there grows and shrinks, too.
    words = f"from tests.runtime.test_leaks import check; print(check({warm}, {reloads}, {each}))"
    ended = subprocess.run(
        [sys.executable, "-c", words], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    record_property("grown", ended.stdout.strip())


def check(warm: int, reloads: int, each: int) -> tuple[int, int]:
    """Reload so often, and raise if something is left; how many objects and bytes there are more."""

    async def scenario(app: App) -> Any:
        for number in range(warm):
            await traffic(app, number)
        await rest(app, warm)
        before, objects, memory = tables(app), len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
        for number in range(warm, warm + reloads):
            await traffic(app, number)
        await rest(app, warm + reloads)
        grown = len(gc.get_objects()) - objects, tracemalloc.get_traced_memory()[0] - memory
        return before, tables(app), grown

    tracemalloc.start()
    try:
        before, after, (objects, memory) = play(scenario, STORE, WEB, strategy="default").result()
    finally:
        tracemalloc.stop()

    assert after == before
    assert after["roots"] == after["scopes"] == after["arrivals"] == after["complaints"] == 0
    assert after["generations"] <= 3
    # What is swept now and then, such as references to tasks, may be more or less: one scope would be ten objects.
    assert objects < 2 * reloads
    assert memory < each * reloads
    return int(objects), int(memory)
