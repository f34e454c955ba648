"""What every library has to show: under every seed it works, and the same seed is the same run, faults included."""

from __future__ import annotations

import asyncio
import gc
import logging
import ssl
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import detrun

SEEDS = 50
# Fewer than this, and the seeds would not have had much to decide.
DISTINCT = 20
# Enough for each fault to happen in the shortest talk.
FAULTY_SEEDS = 40
# What TCP does to everybody, and what a program may fail of, but with an exception.
HARMLESS = ("split", "merge")
HARMFUL = (("delay",), ("reset",))

Main = Callable[[], Any]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def check(main: Main, *, talks: bool = True, distinct: int = DISTINCT) -> None:
    """Run a program under each seed, twice: an async function, or one that starts its own loop.

    It does not `talk` if nothing travels that faults could happen to. If nothing travels at all, there is no choice.
    """
    with _quiet():
        digests = {_works(main, seed, ()).digest for seed in range(SEEDS)}
        happened: Counter[str] = Counter()
        for seed in range(FAULTY_SEEDS):
            happened.update(_works(main, seed, HARMLESS).faults)
            for faults in HARMFUL:
                happened.update(_ends(main, seed, faults).faults)
    assert len(digests) >= distinct, f"expected {SEEDS} seeds to make {distinct} different runs, got {len(digests)}"
    missed = {"split", "delay", "reset"} - happened.keys()
    assert not (talks and missed), f"expected each fault to happen in some run, got no {', '.join(sorted(missed))}"
    print(f"{len(digests)} different runs; faults that happened: {dict(happened)}")  # noqa: T201  # for `pytest -rP`


@asynccontextmanager
async def served(serve: Serve, port: int, context: ssl.SSLContext | None = None) -> AsyncIterator[None]:
    """Have somebody listen. It is not waited for who is still connected: clients that fail leave connections behind."""
    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
    try:
        yield
    finally:
        server.close()


def _works(main: Main, seed: int, faults: tuple[str, ...]) -> detrun.Run:
    run = _twice(main, seed, faults)
    assert run.outcome == "ok", f"seed {seed} with {faults}: {run.failure}"
    return run


def _ends(main: Main, seed: int, faults: tuple[str, ...]) -> detrun.Run:
    # Nobody waits for ever, and nothing was missing: what failed is told as on a real network.
    run = _twice(main, seed, faults)
    assert run.failure is None or run.failure.kind == "exception", f"seed {seed} with {faults}: {run.failure}"
    return run


def _twice(main: Main, seed: int, faults: tuple[str, ...]) -> detrun.Run:
    first, second = (_run(main, seed, faults) for _ in range(2))
    assert second.digest == first.digest, f"seed {seed} with {faults} made two different runs"
    return first


def _run(main: Main, seed: int, faults: tuple[str, ...]) -> detrun.Run:
    return detrun.run(main, seed=seed, faults=faults)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let programs end with connections half closed, which asyncio reports; records of that would keep them alive."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            # anyio's tasks hold a coroutine that nobody awaits when they are cancelled before they begin.
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            yield
            gc.collect()
    finally:
        logging.disable(before)
