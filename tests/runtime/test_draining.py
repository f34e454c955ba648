"""Old generations: what they still do, when they stop, how they crash, and what is left of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detrun.errors import Disconnected
from detrun.runtime.generations import State
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, play, played, worker
from tests.runtime.versions import FRONT, WEB, active, states, upload, version


async def stream(app: App) -> str:
    return await (await app.fetch("/stream")).text()


async def background(app: App) -> str:
    return await (await app.fetch("/later")).text()


async def request(app: App) -> str:
    return await (await app.fetch("/slow")).text()


async def call(app: App) -> Any:
    return await app.service("web").slow(3)


async def nested(app: App) -> Any:
    return await app.service("front").through(3)


async def read(app: App) -> Any:
    return await app.service("web").slowly


async def stub(app: App) -> Any:
    with await app.service("web").cell() as cell:
        await asyncio.sleep(3)
        return await cell.get()


@pytest.mark.parametrize(
    ("work", "gives"),
    [
        (request, "1"),
        (background, "1"),
        (call, 1),
        (read, 1),
        (nested, 1),
        (stream, "..."),
        (upload, "3"),
        (stub, 1),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_generation_is_not_idle_while_it_works_on_anything(work: Any, gives: Any) -> None:  # F-GEN-06, F-STR-08
    """R-GEN-02, R-GEN-03, R-GEN-04, R-GEN-05, R-GEN-07, R-STR-16."""

    async def scenario(app: App) -> Any:
        began = asyncio.get_running_loop().time()
        working = asyncio.ensure_future(work(app))
        await app.sleep(0.5)
        old = active(app)
        assert not old.idle
        await app.reload(version(2))
        await app.sleep(2)
        assert states(app) == [(1, "draining"), (2, "active")]
        result = await working
        await app.sleep(1)
        assert states(app) == [(1, "stopped"), (2, "active")]
        supervisor = app.application.worker("web").supervisor
        waiting = [timer for *_, timer in app.application.engine.clock.timers if not timer.cancelled()]
        assert supervisor not in [timer.home for timer in waiting]
        assert old.ended is not None
        assert old.ended / 1e9 - began == pytest.approx(3, abs=0.1)
        return result

    assert played(scenario, FRONT, WEB) == gives


def test_an_idle_generation_stops_at_once() -> None:  # F-GEN-07, R-GEN-42
    async def scenario(app: App) -> Any:
        old = active(app)
        await app.reload(version(2))
        await app.sleep(0.001)
        return old.state

    assert play(scenario, WEB, strategy="default").result() is State.STOPPED


@pytest.mark.parametrize(("grace", "work", "stopped"), [(None, 3, 3), (None, 30, 10), (2, 30, 2), (2, 1, 1), (0, 5, 0)])
def test_a_generation_stops_when_it_is_idle_or_its_grace_is_over(  # F-GEN-07
    grace: float | None, work: float, stopped: float
) -> None:
    async def scenario(app: App) -> Any:
        if grace is not None:
            app.application.grace = grace
        old = active(app)
        loop = asyncio.get_running_loop()
        working = asyncio.ensure_future(app.service("web").slow(work))
        await app.sleep(0.0005)
        began = loop.time()
        await app.reload(version(2))
        result: Any = (await asyncio.gather(working, return_exceptions=True))[0]
        await app.sleep(0.1)
        assert old.ended is not None
        assert old.ended / 1e9 - began == pytest.approx(stopped, abs=0.01)
        return result if result == 1 else str(result)

    over = f"web@1 was stopped: its grace of {stopped:g} s was over"
    assert played(scenario, WEB) == (1 if stopped == work else over)


# R-GEN-24
def test_everybody_who_waits_for_a_generation_that_stops_is_told_so_in_that_turn() -> None:  # F-GEN-08, R-GEN-19, 24
    async def scenario(app: App) -> Any:
        app.application.grace = 1
        old = active(app)
        cell = await app.service("web").cell()
        response = await app.fetch("/stream")
        waiting = [
            asyncio.ensure_future(app.service("web").slow(50)),
            asyncio.ensure_future(app.service("front").through(50)),
            asyncio.ensure_future(app.fetch("/later")),
            asyncio.ensure_future(upload(app)),
            asyncio.ensure_future(response.text()),
        ]
        await app.sleep(0.1)
        await app.reload(version(2))
        errors = await asyncio.gather(*waiting, return_exceptions=True)
        settled = asyncio.get_running_loop().time()
        with pytest.raises(Disconnected):
            await cell.get()
        assert old.ended is not None
        assert settled - old.ended / 1e9 < 0.001
        assert not old.isolate.scopes
        return [type(error).__name__ for error in errors]

    names = ["Disconnected", "Disconnected", "Response", "Disconnected", "Disconnected"]
    assert played(scenario, FRONT, WEB) == names


def test_a_generation_that_was_stopped_cannot_be_stopped_or_crash_again() -> None:  # F-GEN-08, R-GEN-20
    async def scenario(app: App) -> Any:
        old = active(app)
        reloads = app.application.worker("web").reloads
        for _ in range(2):
            reloads.order_crash(old, Disconnected(old.name, "crashed"))
            reloads.stop(old, Disconnected(old.name, "stopped"))
        await app.sleep(5)
        return states(app), await app.service("web").number()

    listed, number = played(scenario, WEB)
    assert ([state for _, state in listed], number) == (["stopped", "active"], 1)


def test_who_is_asked_by_nobody_after_a_crash_is_loaded_again_and_in_flight_calls_fail() -> None:  # F-GEN-10, R-GEN-19
    async def scenario(app: App) -> Any:
        waiting = asyncio.ensure_future(app.service("front").through(50))
        await app.sleep(0.1)
        app.crash("web", "out of memory")
        with pytest.raises(Disconnected, match="out of memory"):
            await waiting
        await app.sleep(2)
        return states(app)

    assert played(scenario, FRONT, WEB) == [(1, "stopped"), (2, "active")]


@pytest.mark.parametrize("leave", ["sys.exit(3)", "os._exit(3)"])
def test_code_that_exits_ends_its_generation_and_not_the_run(leave: str) -> None:  # F-GEN-10
    exits = worker(
        "web",
        """
        import os
        import sys

        class Default(WorkerEntrypoint):
            async def leave(self):
                LEAVE

            async def slow(self):
                await asyncio.sleep(5)

            def number(self):
                return 1
        """.replace("LEAVE", leave),
    )

    async def scenario(app: App) -> Any:
        slow, leaving = (
            asyncio.ensure_future(call) for call in (app.service("web").slow(), app.service("web").leave())
        )
        errors = await asyncio.gather(slow, leaving, return_exceptions=True)
        return str(errors[1]), await app.service("web").number(), app.complaints

    assert played(scenario, exits) == ("web@1: its code exited, by SystemExit(3)", 1, [])


def test_what_was_saved_after_a_crash_is_not_replaced_by_what_crashed() -> None:  # F-GEN-10
    async def scenario(app: App) -> Any:
        app.crash("web")
        await app.sleep(0.5)
        await app.reload(version(2))
        await app.sleep(5)
        return await app.service("web").number(), len(states(app))

    assert played(scenario, WEB) == (2, 2)


def test_a_stub_of_an_old_generation_is_answered_by_old_code_for_as_long_as_there_is_any() -> None:  # F-GEN-15
    async def scenario(app: App) -> Any:
        cell = await app.service("web").cell()
        await app.reload(version(2))
        before = await cell.get(), await app.service("web").number()
        await app.sleep(11)
        with pytest.raises(Disconnected, match="grace of 10 s"):
            await cell.get()
        return before

    assert played(scenario, WEB) == (1, 2)


def test_nothing_is_loaded_any_more_after_an_application_was_stopped() -> None:  # R-GEN-23
    async def scenario(app: App) -> Any:
        app.crash("web")
        await app.sleep(0.01)
        waiting = asyncio.ensure_future(app.service("web").number())
        running = app.application.order_reload(version(2))[0].wait()
        queued = app.application.order_reload(version(3))[0].wait()
        await app.stop()
        outcomes = await asyncio.gather(waiting, running, queued, return_exceptions=True)
        with pytest.raises(Disconnected, match="the application was stopped"):
            await app.reload(version(4))
        await app.sleep(5)
        assert all(known.isolate.gone for known in app.application.worker("web").generations)
        return [type(outcome).__name__ for outcome in outcomes]

    assert played(scenario, WEB) == ["Disconnected"] * 3


def test_what_a_dead_generation_does_while_it_is_unwound_has_no_effect() -> None:  # R-GEN-15, R-GEN-16, R-GEN-17
    source = worker(
        "web",
        """
        class Default(WorkerEntrypoint):
            async def slow(self):
                try:
                    await asyncio.sleep(50)
                finally:
                    try:
                        await self.env.STORE.put("late")
                    finally:
                        asyncio.create_task(self.env.STORE.put("later"))
        """,
        Bound("STORE", "store"),
    )
    store = worker(
        "store",
        """
        kept = []

        class Default(WorkerEntrypoint):
            def put(self, value):
                kept.append(value)

            def all(self):
                return kept
        """,
    )

    async def scenario(app: App) -> Any:
        slow = asyncio.ensure_future(app.service("web").slow())
        await app.sleep(0.1)
        app.crash("web")
        with pytest.raises(Disconnected):
            await slow
        await app.sleep(1)
        return await app.service("store").all()

    assert played(scenario, store, source) == []


def test_what_still_waits_while_it_is_unwound_is_closed_in_that_turn(  # F-GEN-08, R-GEN-24
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = worker(
        "web",
        """
        import logging

        class Default(WorkerEntrypoint):
            async def slow(self):
                try:
                    await asyncio.sleep(50)
                finally:
                    try:
                        await asyncio.sleep(50)
                    finally:
                        logging.getLogger("web").warning("unwound")
        """,
    )

    async def scenario(app: App) -> Any:
        slow = asyncio.ensure_future(app.service("web").slow())
        await app.sleep(0.1)
        old = active(app)
        app.crash("web")
        with pytest.raises(Disconnected):
            await slow
        assert old.isolate.gone
        said = [record.getMessage() for record in caplog.records if record.name == "web"]
        caplog.clear()
        return said

    assert played(scenario, source) == ["unwound"]


def test_what_an_old_generation_still_does_is_not_held_up_by_a_crash_of_the_new_one() -> None:  # R-GEN-05, R-GEN-19
    source = worker(
        "web",
        """
        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                async def chunks():
                    for _ in range(40):
                        await asyncio.sleep(0.01)
                        yield b"."
                return Response(chunks())

            def number(self):
                return 1
        """,
    )

    async def scenario(app: App) -> Any:
        response = await app.fetch("/")
        await app.reload({})
        app.crash("web")
        web = app.application.worker("web")
        while web.active is not None:
            await app.sleep(0.01)
        waiting = asyncio.ensure_future(app.service("web").number())
        text = await response.text()
        assert not waiting.done()
        assert web.active is None
        return len(text), await waiting

    assert played(scenario, source) == (40, 1)
