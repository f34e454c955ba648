"""Streams that are cut off at any step: nobody takes a part for the whole, and each source is closed once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from detrun.errors import Disconnected, Released
from detrun.scenarios.app import App
from tests.runtime.applications import Bound, scopes_left, worker
from tests.runtime.heard import HEARD
from tests.runtime.injecting import at_each_step

CHUNKS = 6
ORIGIN = worker(
    "origin",
    """
    from tests.runtime.heard import HEARD

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            if request.method == "GET":
                return Response(self.chunks(int(request.url.rpartition("/")[2])))
            data = await request.bytes()
            HEARD.append(("kept", len(data)))
            return Response(str(len(data)))

        async def chunks(self, number):
            HEARD.append(("began", 0))
            try:
                for _ in range(number):
                    yield b"12345"
                    await asyncio.sleep(0.001)
            finally:
                HEARD.append(("closed", 0))
    """,
)
FRONT = worker(
    "front",
    """
    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            return await self.env.ORIGIN.fetch(request)
    """,
    Bound("ORIGIN", "origin"),
)
WORKERS = (ORIGIN, FRONT)


async def download(app: App) -> Any:
    try:
        got = len(await (await app.fetch(f"/{CHUNKS}")).bytes())
    except (Disconnected, Released):  # whoever hangs up has let go of what he reads
        got = -1
    return got, await scopes_left(app), app.complaints


async def upload(app: App) -> Any:
    async def chunks() -> AsyncIterator[bytes]:
        HEARD.append(("began", 0))
        try:
            for _ in range(CHUNKS):
                yield b"12345"
                await asyncio.sleep(0.001)
        finally:
            HEARD.append(("closed", 0))

    try:
        got = int(await (await app.fetch("/", method="POST", body=chunks())).text())
    except Disconnected:
        got = -1
    return got, await scopes_left(app), app.complaints


def crash_origin(app: App) -> None:
    app.crash("origin")


def crash_front(app: App) -> None:
    app.crash("front")


def stop_origin(app: App) -> None:
    app.application.grace = 0
    app.application.order_reload({"origin/main.py": ORIGIN.source + "\n# new"})


def hang_up(app: App) -> None:
    app.application.workers[0].supervisor.control.order("clients hang up", app.disconnect)


CUTS = [crash_origin, crash_front, stop_origin, hang_up]


@pytest.mark.parametrize("seeds", [(None, 1), pytest.param(range(2, 20), marks=pytest.mark.soak)], ids=str)
@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.__name__)
@pytest.mark.parametrize("traffic", [download, upload], ids=lambda traffic: traffic.__name__)
def test_what_is_cut_off_is_an_error_and_no_end_and_its_source_is_closed(
    traffic: Callable[[App], Any], cut: Callable[[App], None], seeds: Any
) -> None:
    """R-STR-04, R-STR-05, R-STR-13, R-STR-17, R-STR-19, R-ABT-03, R-ABT-05: whoever is gone, and whenever."""
    seen = set()
    for step, (got, left, complaints) in at_each_step(traffic, WORKERS, cut, seeds):
        kept = [length for what, length in HEARD if what == "kept"]
        began, closed = ([what for what, _ in HEARD].count(what) for what in ("began", "closed"))
        assert got in (-1, 5 * CHUNKS), f"at event {step}"
        assert set(kept) <= {5 * CHUNKS}, f"at event {step}"
        assert closed == began <= 1, f"at event {step}"
        assert (left, complaints) == (0, []), f"at event {step}"
        seen.add(got)
    assert seen == {-1, 5 * CHUNKS}
