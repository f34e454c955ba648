"""CPython's own asyncio tests, each in a simulation of its own: those that the interpreter ships, imported and never copied."""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
import importlib
import logging
import sys
import unittest
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import detrun
from tests.platform.scripted import scripted

PACKAGE = "test.test_asyncio"
# These must pass with nothing left out.
WHOLE = ("test_locks", "test_queues", "test_taskgroups", "test_timeouts", "test_waitfor", "test_pep492")
PARTLY = ("test_tasks", "test_futures", "test_runners")

EXCLUDED: dict[str, str] = {}


@dataclass
class Tally:
    """What became of the tests of a module; lists of their ids."""

    on_the_loop: list[str] = field(default_factory=list)
    beside_it: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def tests(self) -> int:
        """How many tests the module has."""
        return sum(map(len, (self.on_the_loop, self.beside_it, self.excluded, self.skipped)))

    def __str__(self) -> str:
        return (
            f"{self.tests} tests, {len(self.on_the_loop)} ran on the loop, {len(self.beside_it)} needed none, "
            f"{len(self.excluded)} excluded, {len(self.skipped)} skipped themselves, {len(self.failed)} failed"
        )


def run_module(name: str, seed: int) -> Tally:
    """Run the tests of a module, each with this seed."""
    tally = Tally()
    with _adapted():
        module = importlib.import_module(f"{PACKAGE}.{name}")
        suite = unittest.TestSuite(_simulated(unittest.defaultTestLoader.loadTestsFromModule(module), seed, tally))
        result = unittest.TestResult()
        suite.run(result)
    tally.failed.update((named(test), told) for test, told in result.failures + result.errors)
    tally.failed.update((named(test), "passed against expectation") for test in result.unexpectedSuccesses)
    return tally


def named(test: Any) -> str:
    """A test's id without the package that they all are in."""
    case = getattr(test, "test_case", test)  # of a subtest
    return str(case.id()).removeprefix(f"{PACKAGE}.")


def reason(test: str) -> str | None:
    """Why this test is excluded, if it is."""
    return next((why for pattern, why in EXCLUDED.items() if fnmatch.fnmatchcase(test, pattern)), None)


def _simulated(suite: Iterable[Any], seed: int, tally: Tally) -> Iterator[unittest.TestCase]:
    for case in _flat(suite):
        if reason(named(case)):
            tally.excluded.append(named(case))
        else:
            # On the instance, so that the suite still finds the fixtures of its class and module.
            case.run = _run_of(case, seed, tally)  # type: ignore[method-assign]
            yield case


def _flat(suite: Iterable[Any]) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _flat(test)
        else:
            yield test


def _run_of(case: unittest.TestCase, seed: int, tally: Tally) -> Any:
    really = case.run

    def run(result: unittest.TestResult) -> None:
        skipped = len(result.skipped)
        run = detrun.run(lambda: really(result), seed=seed)
        if run.error is not None:
            tally.failed[named(case)] = f"the run ended with {run.error!r}"
        if len(result.skipped) > skipped:
            tally.skipped.append(named(case))
        else:
            (tally.on_the_loop if run.steps else tally.beside_it).append(named(case))

    return run


@contextmanager
def _adapted() -> Iterator[None]:
    """Let the tests' own loops be the run's, and let them warn and log as they please."""
    utils = importlib.import_module(f"{PACKAGE}.utils")
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(mock.patch.object(utils, "TestLoop", scripted))
        stack.enter_context(mock.patch.object(utils.TestCase, "close_loop", staticmethod(lambda loop: loop.close())))
        stack.enter_context(mock.patch.object(asyncio, "BaseEventLoop", asyncio.DefaultEventLoopPolicy._loop_factory))
        logging.getLogger("asyncio").addHandler(quiet := logging.NullHandler())
        stack.callback(logging.getLogger("asyncio").removeHandler, quiet)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.platform.cpython", description=__doc__)
    parser.add_argument("modules", nargs="*", default=[*WHOLE, *PARTLY], metavar="MODULE")
    parser.add_argument("--seeds", type=int, default=1, metavar="N")
    options = parser.parse_args()
    failed = 0
    for name in options.modules:
        for seed in range(options.seeds):
            tally = run_module(name, seed)
            failed += len(tally.failed)
            print(f"{name} seed {seed}: {tally}")
            for test, told in tally.failed.items():
                print(f"  {test}: {told}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
