"""Generations within a run: the scheduler's world is around them, and its threads take theirs along."""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
from typing import TYPE_CHECKING

import pytest

import detrun
from detrun.errors import LimitReached
from detrun.runtime.modules.graph import carried, current, outside
from detrun.runtime.modules.snapshot import Snapshot
from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from tests.runtime.modules.conftest import App

MAIN = """
import asyncio, random, time
import helper

STARTED = time.time(), random.random()

async def visit(kept):
    kept.append(helper.NAME)
    await asyncio.sleep(0.01)
    import lazy
    kept.append(lazy.NAME)
"""


def files(name: str) -> dict[str, str]:
    return {"main.py": MAIN, "helper.py": f"NAME = 'helper {name}'\n", "lazy.py": f"NAME = 'lazy {name}'\n"}


def test_a_run_loads_generations_and_is_the_same_again(app: App) -> None:
    app.write(files("1"))

    async def main() -> list[object]:
        kept: list[object] = []
        first = app.loaded(Snapshot.taken(app.directory))
        second = app.loaded(first.snapshot.changed(files("2")))
        for graph in (first, second):
            with graph:
                await graph.modules["main"].visit(kept)
            kept.append(graph.modules["main"].STARTED)
        return kept

    one, two = detrun.run(main, seed=1), detrun.run(main, seed=1)

    assert one.failure is None
    assert [name for name in one.result() if isinstance(name, str)] == ["helper 1", "lazy 1", "helper 2", "lazy 2"]
    assert (one.digest, one.result()) == (two.digest, two.result())
    assert detrun.run(main, seed=2).result() != one.result()


FASTAPI = """
from __future__ import annotations

import typing
import fastapi, httpx
from models import NUMBER, Item

app = fastapi.FastAPI()

@app.post("/")
async def post(item: Item, number: typing.Annotated[int, fastapi.Depends(lambda: NUMBER)]) -> Item:
    return Item(number=item.number + number, other=item)

async def visit(kept):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://app") as client:
        kept.append((await client.post("/", json={"number": 1})).json()["number"])
"""
MODELS = """
from __future__ import annotations
import pydantic

NUMBER = {}

class Item(pydantic.BaseModel):
    number: int
    other: Item | None = None
"""


def test_two_generations_of_a_framework_that_reads_annotations_answer(app: App) -> None:
    pytest.importorskip("fastapi")
    pytest.importorskip("httpx")
    graphs = [app.loaded(app.write({"main.py": FASTAPI, "models.py": MODELS.format(n)})) for n in (10, 20)]

    async def main() -> list[int]:
        kept: list[int] = []
        for graph in (*graphs, graphs[0]):
            with graph:
                await graph.modules["main"].visit(kept)
        return kept

    assert detrun.run(main, seed=1).result() == [11, 21, 11]


@pytest.mark.parametrize("seed", range(10))
def test_threads_of_a_run_take_their_generation_along(app: App, seed: int) -> None:
    """Whoever goes on finds in place what was so when it stopped, and a new thread what its starter had."""
    first, second = (app.loaded(app.write(files(name))) for name in ("1", "2"))

    def work(go: queue.Queue[None], kept: list[object]) -> None:
        kept.append(current())
        go.get()
        import lazy  # type: ignore[import-not-found]  # noqa: PLC0415

        kept.extend((current(), lazy.NAME))

    async def main() -> tuple[list[object], ...]:
        assert ACTIVE.engine is not None
        ACTIVE.engine.entering.carry = carried
        ends: tuple[list[object], ...] = ([], [])
        threads, go = [], queue.Queue[None]()
        for graph, kept in zip((first, second), ends, strict=True):
            graph.install()
            threads.append(threading.Thread(target=work, args=(go, kept)))
            threads[-1].start()
            await asyncio.sleep(0)
        outside()
        for _ in threads:
            go.put(None)
            assert current() is None
        for thread in threads:
            await asyncio.to_thread(thread.join)
            assert current() is None
        return ends

    run = detrun.run(main, seed=seed)

    assert run.result() == ([first, first, "lazy 1"], [second, second, "lazy 2"])
    assert "lazy" not in sys.modules


def test_a_top_level_that_does_not_end_is_ended_in_a_run_too(app: App) -> None:
    graph = app.graph(app.write({"main.py": "while True:\n    pass\n"}))

    async def main() -> None:
        graph.load(limit_seconds=0.05)

    run = detrun.run(main)

    assert isinstance(run.error, LimitReached)
    assert run.failure is not None
    assert f"{app.directory}/main.py" in run.failure.traceback
