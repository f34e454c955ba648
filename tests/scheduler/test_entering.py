"""Whose loop is in place: the unit's whose turn it is, whatever happens in the middle of that turn."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import detrun
from detrun.scheduler.active import ACTIVE


@pytest.mark.parametrize("seed", range(8))
def test_a_turn_that_waits_for_a_thread_goes_on_in_its_own_loop(seed: int) -> None:
    async def main() -> tuple[list[str], bool]:
        engine, mine, hooks = ACTIVE.engine, asyncio.get_running_loop(), sys.get_asyncgen_hooks()
        assert engine is not None
        one, other = engine.unit("one"), engine.unit("other")
        names = {one.loop: "one", other.loop: "other"}
        seen: list[str] = []

        def look() -> None:
            loop = asyncio.get_running_loop()
            assert _stepped() in loop.generators.alive.values()  # type: ignore[attr-defined]
            seen.append(names[loop])  # type: ignore[index]

        def wait() -> None:
            thread = threading.Thread(target=time.sleep, args=(0.1,))
            to_other.put()
            thread.start()
            thread.join()
            look()

        to_other = engine.channel(other, "look", look)
        engine.channel(one, "wait", wait).put()
        await asyncio.sleep(1)
        return sorted(seen), asyncio.get_running_loop() is mine and sys.get_asyncgen_hooks() == hooks

    assert detrun.run(main, seed=seed).result() == (["one", "other"], True)


@pytest.mark.parametrize("count", [1, 500])
def test_a_generator_is_closed_in_the_unit_that_began_it_whoever_drops_it(count: int) -> None:
    async def main() -> list[Any]:
        engine = ACTIVE.engine
        assert engine is not None
        one, other = engine.unit("one"), engine.unit("other")
        closed: list[Any] = []
        kept: list[Any] = []

        def begin() -> None:
            for _ in range(count):
                # Some come to their end, and nobody drops them.
                ended = _stepped()
                with pytest.raises(StopIteration):
                    ended.aclose().send(None)
                kept.append(_stepped(lambda: closed.append(asyncio.get_running_loop())))

        engine.channel(one, "begin", begin).put()
        await asyncio.sleep(1)
        engine.channel(other, "drop", kept.clear).put()
        await asyncio.sleep(1)
        assert not one.loop.generators.alive
        return [loop is one.loop for loop in closed]

    assert detrun.run(main).result() == [True] * count


def _stepped(close: Callable[[], object] = bool) -> Any:
    """An asynchronous generator that took its first step, and calls this when it is closed."""

    async def generator() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            close()

    made = generator()
    with pytest.raises(StopIteration):
        anext(made).send(None)  # type: ignore[attr-defined]
    return made


def test_a_turn_that_never_ends_leaves_nothing_in_place() -> None:
    async def main() -> None:
        assert ACTIVE.engine is not None
        unit = ACTIVE.engine.unit("endless")

        def again() -> None:
            unit.loop.call_soon(again)

        ACTIVE.engine.channel(unit, "again", again).put()
        try:
            await asyncio.sleep(1)
        finally:
            assert asyncio.get_running_loop() is not unit.loop

    run = detrun.run(main)

    assert run.outcome == "limit"
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()
