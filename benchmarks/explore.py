"""How fast and how well a search goes, beside simloom and simloop: `python -m benchmarks.explore [ROUNDS]`.

The peers need Python 3.12 and a virtual environment of their own; whichever is not installed is left out. They permute
callbacks that are ready, detrun does not: each bug below can happen on stock asyncio, and is found by each in its way.
Processor time is what is counted, for that is what a search consists of.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from typing import Any

from benchmarks.harness import title
from detrun.explore.attempt import Attempts
from detrun.explore.performing import Performer
from detrun.explore.search import Bounds, Search
from detrun.explore.settling import settled
from detrun.scheduler.strategies.default import Default
from tests.explore.races import RACES

Program = Callable[[], Awaitable[None]]
RUNS = 2_000
# How many schedules are timed at once.
TIMED = 200


def hopping(hops: int) -> Program:
    """Two tasks that take turns, and wake within the slack of each other."""

    async def worker(delay: float) -> None:
        await asyncio.sleep(delay)
        for _ in range(hops):
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(worker(0.001), worker(0.002))

    return main


# By the steps that they take: iterations of the loop, most of them with two callbacks.
SIZES = {10: 1, 40: 15, 200: 95}


def main() -> None:
    """Print all of it."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    logging.disable(logging.CRITICAL)
    peers = _peers()
    _rates(peers, rounds, "nothing imported again")
    _by_the_clock(rounds)
    # The peers collect garbage before each run, all that was imported included; this is what they do without that.
    gc.freeze()
    _rates(peers, rounds, "what was imported is frozen")
    _bugs(peers)


# How fast.


def _rates(peers: dict[str, Any], rounds: int, how: str) -> None:
    title(f"schedules a second of processor time, {how} (medians of {rounds})")
    print(f"{'steps':>8}" + "".join(f"{name:>12}" for name in ("detrun", *peers)) + f"{'ratio':>8}{'asyncio.run':>14}")
    for hops in SIZES.values():
        program = hopping(hops)
        taken = Attempts(lambda program=program: program).attempt(Default()).steps
        arms: dict[str, Callable[[], int | None]] = {"detrun": lambda program=program: _search(program, TIMED)}
        arms |= {name: (lambda peer=peer, program=program: peer.run(program, TIMED)) for name, peer in peers.items()}
        arms["asyncio.run"] = lambda program=program: _plain(program)
        rates: dict[str, list[float]] = {name: [] for name in arms}
        for _ in range(rounds):
            for name, arm in arms.items():
                rates[name].append(_rate(arm))
        medians = {name: statistics.median(figures) for name, figures in rates.items()}
        best = max((medians[name] for name in peers), default=float("nan"))
        shown = "".join(f"{medians[name]:12,.0f}" for name in ("detrun", *peers))
        ratio = f"{medians['detrun'] / best:.1f}x" if peers else "-"
        print(f"{taken:8}{shown}{ratio:>8}{medians['asyncio.run']:14,.0f}")


def _search(program: Program, runs: int) -> int:
    """How many of so many schedules were run; the others are one of those again."""
    performer = Performer(Attempts(lambda: program))
    Search(performer, Bounds("auto", runs, keep_going=True)).run()
    return performer.attempts.made


def _by_the_clock(rounds: int) -> None:
    title(f"schedules a second by the clock, of {RUNS:,}: all, those run, all in two processes (medians of {rounds})")
    for steps, hops in SIZES.items():
        found = [(*_searched(hopping(hops), 1), _searched(hopping(hops), 2)[0]) for _ in range(rounds + 1)]
        medians = map(statistics.median, zip(*found[1:], strict=True))  # without the first, in which everything is new
        print(f"{steps:8}" + "".join(f"{figure:12,.0f}" for figure in medians))


def _searched(program: Program, jobs: int) -> tuple[float, float]:
    """How many schedules a second, and how many of them were run by this process."""
    performer = Performer(Attempts(lambda: program))
    search = Search(performer, Bounds("auto", RUNS, keep_going=True, jobs=jobs))
    search.run()
    return search.schedules / search.seconds, performer.attempts.made / search.seconds


def _plain(program: Program) -> None:
    for _ in range(TIMED):
        asyncio.run(program())  # type: ignore[arg-type]


def _rate(work: Callable[[], int | None]) -> float:
    began = time.process_time()
    ran = work() or TIMED
    return ran / (time.process_time() - began)


# How well.


def _bugs(peers: dict[str, Any]) -> None:
    title(f"bugs: the schedule that showed each first, out of {RUNS:,}, and to what it was minimized")
    print(f"{'':18}" + "".join(f"{name:>24}" for name in ("detrun", *peers)))
    for name, program in RACES.items():
        cells = [_ours(program), *(_theirs(peer, program) for peer in peers.values())]
        print(f"{name:18}" + "".join(f"{cell:>24}" for cell in cells))


def _ours(program: Program) -> str:
    performer = Performer(Attempts(lambda: program))
    search = Search(performer, Bounds("auto", RUNS))
    with redirect_stderr(StringIO()):
        search.run()
        if not search.found:
            return "none"
        way = next(iter(search.found.values()))
        told, _ = settled(performer, way, 10.0)
    return f"{way.first}: {len(told.holds)} hold(s), {told.runs} runs"


def _theirs(peer: Any, program: Program) -> str:
    with redirect_stderr(StringIO()), redirect_stdout(StringIO()):
        try:
            return str(peer.find(program))
        except Exception as error:
            return type(error).__name__


class Simloom:
    """simloom, as its documentation has it used."""

    def __init__(self) -> None:
        import simloom  # noqa: PLC0415  # a peer, if it is there

        self._simloom: Any = simloom

    def run(self, program: Program, runs: int) -> None:
        self._simloom.explore(program, runs=runs, stop_on_failure=False)

    def find(self, program: Program) -> str:
        found = self._simloom.explore(program, runs=RUNS)
        if found.first_failure is None:
            return "none"
        small = self._simloom.shrink(program, found.first_failure)
        return f"{found.runs}: {small.deviations} draws, {small.runs_used} runs"


class Simloop:
    """simloop, as its documentation has it used."""

    def __init__(self) -> None:
        import simloop  # noqa: PLC0415  # a peer, if it is there

        self._simloop: Any = simloop

    def run(self, program: Program, runs: int) -> None:
        for seed in range(runs):
            self._simloop.explore(lambda *_: program(), [seed])

    def find(self, program: Program) -> str:
        report = self._simloop.explore(lambda *_: program(), range(RUNS), shrink=True)
        if report is None:
            return "none"
        small = report.shrunk
        size = "?" if small is None else f"{len(small.kept)} draws, {small.oracle_runs} runs"
        # What a peer cannot run fails, too, for a reason of its own.
        return f"{report.seed + 1}: {type(report.exception).__name__}, {size}"


def _peers() -> dict[str, Any]:
    peers: dict[str, Any] = {}
    for name, kind in (("simloom", Simloom), ("simloop", Simloop)):
        with suppress(ImportError):
            peers[name] = kind()
    return peers


if __name__ == "__main__":
    main()
