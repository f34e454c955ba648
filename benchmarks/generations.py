"""What a generation costs: `python -m benchmarks.generations [ROUNDS]`.

The graph's part of a first load and of a reload with one changed file, with the snapshot that is taken for each, beside
a plain import of the same files without bytecode; and two generations that take turns, by the time of one change.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import title
from detrun.runtime.modules.graph import Graph, outside
from detrun.runtime.modules.snapshot import Snapshot

SIZES = (5, 50, 200)
TURNS = 2_000
WIDTHS = (14, 10, 12, 8, 8)
MODULE = """
from __future__ import annotations

import asyncio

class Thing{n}:
    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[int] = []

    async def visit(self, number: int) -> dict[str, object]:
        await asyncio.sleep(0)
        if number in self.seen:
            raise ValueError(f"{{number}} was here")
        self.seen.append(number)
        return {{"name": self.name, "number": number, "seen": len(self.seen)}}

def total(things: list[Thing{n}]) -> int:
    return sum(len(thing.seen) for thing in things if thing.name)
"""
PLAIN = "import sys, time; sys.path.insert(0, sys.argv[1]); import asyncio; began = time.perf_counter(); import main"


def write(folder: str, count: int) -> None:
    """An application of so many modules, some twenty lines each."""
    for n in range(1, count):
        Path(folder, f"module_{n}.py").write_text(MODULE.format(n=n))
    Path(folder, "main.py").write_text("".join(f"import module_{n}\n" for n in range(1, count)))


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The median time of a call."""
    taken = []
    for _ in range(rounds):
        gc.collect()
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1e3)
    return statistics.median(taken)


def plain(folder: str, rounds: int) -> float:
    """A plain import of the same files in an interpreter of its own, in milliseconds, without bytecode."""
    command = [sys.executable, "-B", "-c", f"{PLAIN}; print((time.perf_counter() - began) * 1e3)", folder]
    return statistics.median(
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(rounds)
    )


def reloads(folder: str, rounds: int) -> tuple[float, float, float, float]:
    """Taking a snapshot, a first load, a reload of one changed file, and a change of places; all but that in ms."""
    snapshot = Snapshot.taken(folder)
    taken = milliseconds(lambda: Snapshot.taken(folder), rounds)
    numbers = iter(range(1_000_000))

    def first() -> None:
        # Other contents, so that nothing of it is compiled yet.
        Graph(snapshot.changed(_renewed(snapshot, next(numbers))), "main").load()

    def again() -> None:
        Graph(snapshot.changed({"module_1.py": f"VALUE = {next(numbers)}\n"}), "main").load()

    loaded = milliseconds(first, rounds)
    kept = Graph(snapshot, "main")
    kept.load()
    reloaded = milliseconds(again, rounds)
    other = Graph(snapshot.changed({"module_1.py": "VALUE = 0\n"}), "main")
    other.load()
    return taken, loaded, reloaded, _turns(kept, other)


def _renewed(snapshot: Snapshot, number: int) -> dict[str, bytes]:
    return {path: source.data + f"# {number}\n".encode() for path, source in snapshot.files.items()}


def _turns(one: Graph, other: Graph) -> float:
    """Microseconds that one change of places takes, at best: the machine may be busy."""

    def turn() -> None:
        one.install()
        other.install()

    turn()
    seconds = min(timeit.repeat(turn, number=TURNS, repeat=20)) / TURNS / 2
    outside()
    return seconds * 1e6


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    title("milliseconds for each load, microseconds for each change of places")
    print(f"{'modules':>8}{'plain import':>14}{'snapshot':>10}{'first load':>12}{'reload':>8}{'places':>8}")
    for count in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            write(folder, count)
            figures = (plain(folder, 5), *reloads(folder, rounds))
            print(f"{count:8}" + "".join(f"{figure:{width}.2f}" for figure, width in zip(figures, WIDTHS, strict=True)))


if __name__ == "__main__":
    main()
