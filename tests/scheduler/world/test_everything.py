"""One digest and one output, however the process that makes the run differs; and the real world everywhere else."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import randint
from time import time as now
from typing import Any

import detrun
from tests.cli.command import ENVIRONMENT
from tests.scheduler.world.everything import RANDOM, everything

ROOT = Path(__file__).parents[3]


def told(number: int, seed: int = 7) -> str:
    """What a process of its own prints, with a heap and an environment of its own, at its own time and place."""
    variables = {"PYTHONHASHSEED": str(number), "PYTHONPATH": str(ROOT), "GIVEN": "x", f"FILLER{number}": "y" * number}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.scheduler.world.everything", str(seed)],
        env=ENVIRONMENT | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def differing(processes: int) -> list[tuple[str, ...]]:
    """The lines that were not the same in each of so many processes."""
    with ThreadPoolExecutor(2) as pool:
        outputs = [text.splitlines() for text in pool.map(told, range(processes))]
    assert len({len(lines) for lines in outputs}) == 1
    return [lines for lines in zip(*outputs, strict=True) if len(set(lines)) > 1]


def test_every_clock_and_every_draw_is_the_same_in_fifty_processes() -> None:
    assert differing(50) == []


def test_another_seed_draws_otherwise_and_says_so() -> None:
    one, other = (detrun.run(everything, seed=seed, strategy="default") for seed in (1, 2))

    assert one.result() != other.result()
    assert one.digest != other.digest


def test_a_second_run_in_the_process_reads_the_same() -> None:
    one, other = (detrun.run(everything) for _ in range(2))

    assert one.result() == other.result()
    assert one.digest == other.digest


def test_what_was_frozen_before_there_was_a_run_reads_the_same() -> None:
    lines = ["import gc", "from datetime import datetime", "now = datetime.now", "gc.freeze()", "import detrun"]
    lines += ["print(detrun.run(lambda: now().year, start_time='1999-01-01').value)"]
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.stderr, ended.stdout) == ("", "1999\n")


PID = os.getpid()
# What is real differs from one call to the next, or is what it was before anybody ran anything.
REAL: dict[str, Callable[[], bool]] = {
    "time": lambda: abs(now() - written()) < 60,
    "pid": lambda: os.getpid() == PID,
    "urandom": lambda: os.urandom(16) != os.urandom(16),
    "uuid4": lambda: uuid.uuid4() != uuid.uuid4(),
    "randint": lambda: len({randint(0, 10**12) for _ in range(3)}) == 3,
    "environment": lambda: "ONLY_INSIDE" not in os.environ,
    "monotonic": lambda: time.monotonic() != 1000,
}


def written() -> float:
    """When a file that is made now was made, by the clock of the file system."""
    with tempfile.TemporaryFile() as file:
        return os.fstat(file.fileno()).st_mtime


def real() -> list[str]:
    """What of it is not real."""
    return [name for name, holds in REAL.items() if not holds()]


def test_everything_is_real_before_and_after_a_run_and_in_another_thread_meanwhile() -> None:
    before, meanwhile = real(), list[list[str]]()

    def main() -> list[str]:
        os.environ["ONLY_INSIDE"] = "1"
        return real()

    def outside() -> None:
        # The other thread belongs to nobody's run, and looks while there is one.
        inside.wait()
        meanwhile.append(real())
        looked.set()

    def beside() -> None:
        os.environ["ONLY_INSIDE"] = "1"
        inside.set()
        looked.wait()

    inside, looked = threading.Event(), threading.Event()
    thread = threading.Thread(target=outside)
    thread.start()
    assert detrun.run(beside).outcome == "ok"
    thread.join()
    simulated = detrun.run(main).result()

    assert (before, meanwhile, real()) == ([], [[]], [])
    assert {"pid", "environment", "time"} <= set(simulated)


def test_a_run_leaves_the_generators_of_the_process_as_they_were() -> None:
    random.seed(5)
    expected = [random.random(), random.gauss(0, 1), random.gauss(0, 1), randint(0, 10**9)]

    random.seed(5)
    drawn: list[Any] = [random.random(), random.gauss(0, 1)]
    detrun.run(lambda: (random.seed(1), [read() for read in RANDOM])).result()
    drawn += [random.gauss(0, 1), randint(0, 10**9)]

    assert drawn == expected
