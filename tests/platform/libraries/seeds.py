"""What every library has to show: under every seed it works, and the same seed is the same run."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import detrun

SEEDS = 50
# Fewer than this, and the seeds would not have had much to decide.
DISTINCT = 20

Main = Callable[[], Any]


def check(main: Main) -> None:
    """Run a program under each seed, twice: an async function, or one that starts its own loop."""
    with _quiet():
        digests = {_digest(main, seed) for seed in range(SEEDS)}
    assert len(digests) >= DISTINCT, f"expected {SEEDS} seeds to make {DISTINCT} different runs, got {len(digests)}"
    print(f"{len(digests)} different runs")  # noqa: T201  # shown with `pytest -rP`


def _digest(main: Main, seed: int) -> str:
    first, second = (detrun.run(main, seed=seed) for _ in range(2))
    assert first.outcome == "ok", f"seed {seed}: {first.failure}"
    assert second.digest == first.digest, f"seed {seed} made two different runs"
    return first.digest


@contextmanager
def _quiet() -> Iterator[None]:
    """Let programs end with connections half closed, which asyncio reports; records of that would keep them alive."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            yield
            gc.collect()
    finally:
        logging.disable(before)
