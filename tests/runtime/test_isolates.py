"""Isolates: whose modules are in place, whatever happens in the middle of a turn, and what is left after a run."""

from __future__ import annotations

import gc
import weakref

import pytest

from detrun.runtime.modules.graph import current
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, play, worker

OTHER = worker(
    "other",
    """
    class Default(WorkerEntrypoint):
        async def work(self):
            await asyncio.sleep(1)
    """,
)
WAITING = worker(
    "waiting",
    """
    import threading, time

    class Default(WorkerEntrypoint):
        async def late(self):
            asked = asyncio.create_task(self.ask())
            await asyncio.sleep(0)
            thread = threading.Thread(target=time.sleep, args=(0.1,))
            thread.start()
            thread.join()
            import lazy
            await asked
            return lazy.__file__

        async def ask(self):
            await self.env.OTHER.work()
    """,
    Bound("OTHER", "other"),
)


@pytest.mark.parametrize("seed", range(8))
def test_a_turn_in_which_others_have_theirs_goes_on_with_its_own_modules(seed: int) -> None:
    async def scenario(app: App) -> str:
        await app.reload({"waiting/lazy.py": "", "waiting/main.py": WAITING.source})
        found: str = await app.service("waiting").late()
        assert current() is None
        return found

    assert play(scenario, OTHER, WAITING, seed=seed).result() == "/app/waiting/lazy.py"


def test_nothing_is_left_of_an_application_once_its_run_is_over() -> None:
    engines: list[weakref.ref[object]] = []

    async def scenario(app: App) -> None:
        engines.append(weakref.ref(app.application.engine))
        await app.service("other").work()

    for seed in range(3):
        play(scenario, OTHER, WAITING, seed=seed).result()
    gc.collect()

    assert [engine() for engine in engines] == [None, None, None]
