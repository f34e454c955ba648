"""Threads beside workers: whichever thread a worker's turn is on, whoever waits for it goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detrun.scenarios.app import App
from tests.runtime.applications import Bound, play, worker

FRONT = worker(
    "front",
    """
    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            number = await asyncio.to_thread(lambda: 3)
            return Response(str(number + await self.env.BACK.add(1)))
    """,
    Bound("BACK", "back"),
)
BACK = worker(
    "back",
    """
    class Default(WorkerEntrypoint):
        async def add(self, number):
            return sum(await asyncio.gather(*(asyncio.to_thread(lambda: number) for _ in range(2))))
    """,
)


MIXED = worker(
    "mixed",
    """
    import threading, time

    class Default(WorkerEntrypoint):
        async def sleeps(self):
            began = time.monotonic()
            thread = threading.Thread(target=time.sleep, args=(2,))
            thread.start()
            time.sleep(1)
            thread.join()
            return round(time.monotonic() - began)

        async def told(self):
            loop, future = asyncio.get_running_loop(), asyncio.Future()
            threading.Thread(target=loop.call_soon_threadsafe, args=(future.set_result, 7)).start()
            return await future

        async def waits(self):
            lock = threading.Lock()
            def hold():
                with lock:
                    time.sleep(1)
            thread = threading.Thread(target=hold)
            thread.start()
            with lock:
                pass
            thread.join()
            return "got it"

        async def asks_itself(self):
            loop = asyncio.get_running_loop()
            job = lambda: asyncio.run_coroutine_threadsafe(self.told(), loop).result()
            return await asyncio.to_thread(job)

        async def blocks(self):
            loop, done = asyncio.get_running_loop(), threading.Event()
            threading.Thread(target=loop.call_soon_threadsafe, args=(done.set,)).start()
            done.wait()
    """,
)


async def scenario(app: App) -> Any:
    replies = await asyncio.gather(*(app.fetch("/") for _ in range(2)))
    return [await reply.text() for reply in replies]


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_what_jobs_of_a_worker_end_is_waited_for_and_the_application_stops(first: int) -> None:
    for seed in range(first, first + 10):
        run = play(scenario, BACK, FRONT, seed=seed)

        assert run.result() == ["5", "5"], seed
        assert play(scenario, BACK, FRONT, seed=seed).digest == run.digest


async def mixed(app: App) -> Any:
    service = app.service("mixed")
    calls = (service.told(), service.waits(), service.sleeps(), service.asks_itself(), service.told())
    return await asyncio.gather(*calls, asyncio.to_thread(lambda: "a job of the scenario's own"))


def test_a_turn_that_waits_for_a_thread_is_one_turn() -> None:
    for seed in range(40):
        *gave, own = play(mixed, MIXED, seed=seed).result()
        assert (gave, own) == ([7, "got it", 2, 7, 7], "a job of the scenario's own"), seed


async def blocked(app: App) -> Any:
    return await app.service("mixed").blocks()


def test_a_turn_that_waits_for_what_only_its_own_loop_can_do_is_stuck() -> None:
    failure = play(blocked, MIXED, seed=3).failure

    assert failure is not None
    assert failure.kind == "stuck"
    assert "in blocks: done.wait()" in failure.traceback


EARLY = worker(
    "early",
    """
    import threading

    found = []

    def look():
        import main
        found.append(main.LAST)

    thread = threading.Thread(target=look)
    thread.start()
    LAST = "there"

    class Default(WorkerEntrypoint):
        def told(self):
            thread.join()
            return found
    """,
)


@pytest.mark.parametrize("seed", range(5))
def test_a_thread_that_begins_while_modules_are_loaded_finds_them_whole(seed: int) -> None:
    async def scenario(app: App) -> Any:
        return await app.service("early").told()

    assert play(scenario, EARLY, seed=seed).result() == ["there"]
