"""What may go wrong with an application is not so by default, and is asked for at each arrival at a worker."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detrun.errors import Disconnected
from detrun.scenarios.app import App
from detrun.scenarios.mishaps import KINDS
from tests.runtime.applications import play, worker

SEEDS = range(40)
COUNTING = worker(
    "web",
    """
    loads = []
    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            await asyncio.sleep(0.001)
            return Response("ok")
    """,
)


async def visit(app: App) -> tuple[str, int]:
    """What a client got, and how many generations there were."""
    try:
        got = await (await app.client("visitor").fetch("/")).text()
    except Disconnected as error:
        got = str(error).rpartition(": ")[2]
    await app.sleep(60)
    return got, max(known.number for known in app.application.worker("web").generations)


OUTCOMES = {
    "crash": {("ok", 1), ("crashed by chance", 2)},
    "reload": {("ok", 1), ("ok", 2)},
    "hang-up": {("ok", 1), ("the client is gone", 1)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_mishap_happens_on_some_schedules_and_is_counted(kind: str) -> None:
    runs = [play(visit, COUNTING, seed=seed, faults=[kind]) for seed in SEEDS]

    assert {run.result() for run in runs} >= OUTCOMES[kind]
    assert {bool(run.faults) for run in runs} == {True, False}


@pytest.mark.parametrize("options", [{"strategy": "default", "faults": list(KINDS)}, {"seed": 1}])
def test_nothing_goes_wrong_by_default(options: Any) -> None:
    assert play(visit, COUNTING, **options).result() == ("ok", 1)


def test_what_goes_on_when_an_application_is_stopped_is_no_reason_to_complain() -> None:
    front = worker(
        "front",
        """
        class Default(WorkerEntrypoint):
            async def later(self):
                self.ctx.wait_until(self.work())
            async def work(self):
                while True:
                    await asyncio.sleep(0.001)
                    await self.ctx.exports.Default.nothing()
            async def nothing(self):
                pass
        """,
    )

    async def scenario(app: App) -> None:
        await app.service("front").later()
        await asyncio.sleep(0.010)

    for seed in SEEDS:
        assert play(scenario, front, seed=seed, strict=True).failure is None
