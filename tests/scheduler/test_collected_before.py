"""Collections come at chosen steps of a run, and not because of what the process did before."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator

import pytest

import detrun


@pytest.fixture
def _listener() -> Iterator[None]:
    """Somebody who times collections, as Hypothesis does, and a collector that is never idle."""

    def listen(phase: str, info: dict[str, int]) -> None:
        time.perf_counter()

    thresholds = gc.get_threshold()
    gc.callbacks.append(listen)
    gc.set_threshold(1)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(listen)


@pytest.mark.usefixtures("_listener")
def test_who_times_a_collection_at_the_beginning_of_a_run_does_not_look_at_its_clock() -> None:
    async def main() -> None:
        await asyncio.sleep(1)

    busy = [detrun.run(main).digest for _ in range(20)]
    gc.set_threshold(100_000)

    assert set(busy) == {detrun.run(main).digest}
