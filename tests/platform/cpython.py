"""CPython's own asyncio tests, each in a simulation of its own: imported from the interpreter and never copied.

``python -m tests.platform.cpython [MODULE...] [--seeds N] [--seed FIRST]``
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fnmatch
import gc
import importlib
import importlib.util
import inspect
import logging
import sys
import unittest
import warnings
from asyncio import events
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import detrun
from detrun.scheduler.handles import TimerHandle
from tests.platform.scripted import new_loop, scripted
from tests.platform.served import served

PACKAGE = "test.test_asyncio"
# These must pass with nothing left out.
WHOLE = ("test_locks", "test_queues", "test_taskgroups", "test_timeouts", "test_waitfor", "test_pep492")
# These as far as they can run on the loop. Not every interpreter has the later ones.
PARTLY = (
    "test_tasks",
    "test_futures",
    "test_runners",
    "test_futures2",
    "test_context",
    "test_eager_task_factory",
    "test_staggered",
)

# These on the simulated network.
NETWORK = ("test_streams", "test_server")

# Patterns of what is left out, and why. A failure that detrun could mend has no place here.
EXCLUDED = {
    "test_tasks.*GatherTests.test_env_var_debug": ("asks another interpreter, and a simulation has no child processes"),
    "test_tasks.CoroutineGatherTests.test_issue46672": (
        "puts a mock in the place of a method of `BaseEventLoop`, and looks for it on a loop that does not inherit it"
    ),
    "test_streams.StreamTests.test_read_all_from_pipe_reader": "reads a pipe, which a simulation does not have yet",
    "test_server.UnixServerCleanupTests.test_unix_server_cleanup_[gpr]*": (
        "remove or replace the file of a Unix socket, which in a simulation is a name and no file"
    ),
}


@dataclass
class Tally:
    """What became of the tests of a module: their ids, and what the failed ones said."""

    on_the_loop: list[str] = field(default_factory=list)
    beside_it: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many there are, ran on the loop, needed none, are excluded, skipped themselves, failed."""
        kinds = [len(kind) for kind in (self.on_the_loop, self.beside_it, self.excluded, self.skipped)]
        return (sum(kinds), *kinds, len(self.failed))


def run_module(name: str, seed: int, only: str = "*", excluded: Iterable[str] = EXCLUDED) -> Tally:
    """Run the tests of a module that `only` fits and nothing in `excluded` does, each with this seed."""
    tally = Tally()
    # Collections, of which the tests make many, are to look at nothing that was there before.
    gc.collect()
    gc.freeze()
    with _adapted(), ExitStack() as stack:
        module = importlib.import_module(f"{PACKAGE}.{name}")
        if name in NETWORK:
            stack.enter_context(mock.patch.object(asyncio, "SelectorEventLoop", new_loop))
        cases = _flat(unittest.defaultTestLoader.loadTestsFromModule(module), only)
        result = unittest.TestResult()
        unittest.TestSuite(_simulated(cases, seed, tally, tuple(excluded))).run(result)
        gc.collect()  # what the tests left unfinished complains here, where nobody listens, and not in somebody's test
    tally.failed.update((named(test), told) for test, told in result.failures + result.errors)
    tally.failed.update((named(test), "passed, and should not have") for test in result.unexpectedSuccesses)
    return tally


def available(name: str) -> bool:
    """Whether this interpreter ships that module of tests."""
    with contextlib.suppress(ModuleNotFoundError, unittest.SkipTest):
        return importlib.util.find_spec(f"{PACKAGE}.{name}") is not None
    return False


def named(test: Any) -> str:
    """A test's id without the package that they all are in."""
    case = getattr(test, "test_case", test)  # of a subtest
    return str(case.id()).removeprefix(f"{PACKAGE}.")


def _simulated(
    cases: Iterable[unittest.TestCase], seed: int, tally: Tally, excluded: tuple[str, ...]
) -> Iterator[unittest.TestCase]:
    for case in cases:
        if any(fnmatch.fnmatchcase(named(case), pattern) for pattern in excluded):
            tally.excluded.append(named(case))
        else:
            # On the instance, so that the suite still finds the fixtures of its class and module.
            case.run = _run_of(case, seed, tally)  # type: ignore[method-assign]
            yield case


def _run_of(case: unittest.TestCase, seed: int, tally: Tally) -> Any:
    really = case.run

    def run(result: unittest.TestResult) -> None:
        gc.collect()  # what earlier tests left complains before this one counts complaints
        skipped = len(result.skipped)
        simulation = detrun.run(lambda: really(result), seed=seed)
        if simulation.error is not None:
            tally.failed[named(case)] = f"the run ended with {simulation.error!r}"
        _place(tally, case, simulation.steps, skipped=len(result.skipped) > skipped).append(named(case))

    return run


def _place(tally: Tally, case: unittest.TestCase, steps: int, *, skipped: bool) -> list[str]:
    if skipped:
        return tally.skipped
    # A step is an iteration of a loop: without one the loop had no part in it.
    return tally.on_the_loop if steps and not _for_fixtures_alone(case) else tally.beside_it


def _for_fixtures_alone(case: unittest.TestCase) -> bool:
    """Whether the only loop is the one that such a case always has, and the test itself is a plain function."""
    method = getattr(case, case._testMethodName)
    return isinstance(case, unittest.IsolatedAsyncioTestCase) and not inspect.iscoroutinefunction(method)


def _flat(suite: Iterable[Any], only: str) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _flat(test, only)
        elif fnmatch.fnmatchcase(named(test), only):
            yield test


@contextmanager
def _adapted() -> Iterator[None]:
    """Let the loops that the tests make by themselves be the run's, and let them warn and log as they please."""
    utils = importlib.import_module(f"{PACKAGE}.utils")
    with ExitStack() as stack:
        for patch in (
            mock.patch.object(utils, "TestLoop", scripted),
            mock.patch.object(asyncio, "BaseEventLoop", new_loop),
            mock.patch.object(utils, "_run_test_server", served),
            # What they look at that is not public: whether a handle is cancelled, and what a closed loop leaves behind.
            mock.patch.object(TimerHandle, "_cancelled", property(TimerHandle.cancelled), create=True),
            mock.patch.object(utils.TestCase, "close_loop", staticmethod(lambda loop: loop.close())),
            # They look for children that were left behind; a simulation has none, and refuses to be asked.
            mock.patch.object(utils.support, "reap_children", int),
            mock.patch.object(events, "_event_loop_policy", None),
            mock.patch.object(logging.getLogger("asyncio"), "handlers", [logging.NullHandler()]),
            warnings.catch_warnings(),
        ):
            stack.enter_context(patch)
        warnings.simplefilter("ignore")
        yield


def main() -> int:
    """Run modules with some seeds each, and print a table; 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.platform.cpython")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--seeds", type=int, default=1, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="FIRST")
    options = parser.parse_args()
    _row("module", "seeds", "tests", "on the loop", "needed none", "excluded", "skipped", "failed")
    seeds = range(options.seed, options.seed + options.seeds)
    failed = [_shown(name, seeds) for name in options.modules or filter(available, WHOLE + PARTLY + NETWORK)]
    for pattern, why in EXCLUDED.items():
        print(f"excluded: {pattern}: {why}")
    return 1 if any(failed) else 0


def _shown(name: str, seeds: range) -> bool:
    """Run a module with these seeds, and print a line for each outcome that they have; whether anything failed."""
    tallies = {seed: run_module(name, seed) for seed in seeds}
    for counts, alike in Counter(tally.counts for tally in tallies.values()).items():
        _row(name, alike, *counts)
    for seed, tally in tallies.items():
        for test, told in tally.failed.items():
            print(f"failed: {test} with seed {seed}\n{told}")
    return any(tally.failed for tally in tallies.values())


def _row(name: str, *cells: object) -> None:
    print(f"{name:24}" + "".join(f"{cell:>13}" for cell in cells), flush=True)


if __name__ == "__main__":
    sys.exit(main())
