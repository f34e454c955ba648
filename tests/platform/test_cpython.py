"""CPython's own asyncio tests pass on the loop, whatever the seed."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from detrun.scheduler.loop import Loop
from detrun.scheduler.reporting import Reporting
from detrun.scheduler.scheduling import Scheduling
from tests.platform.cpython import EXCLUDED, NETWORK, PARTLY, WHOLE, available, run_module

pytestmark = pytest.mark.skipif(
    not available("test_tasks"), reason="this interpreter was installed without its `test` package"
)

# Of each module, the smallest share of tests that must really run on the loop. The others need none: they only look at
# a future, or at the signature of a function.
SHARES = dict.fromkeys(WHOLE + PARTLY + NETWORK, 0.8) | {"test_pep492": 0.7, "test_futures": 0.3, "test_server": 0}


@pytest.mark.parametrize("name", WHOLE + PARTLY + NETWORK)
def test_a_module_passes(name: str) -> None:
    check(name, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", WHOLE + PARTLY + NETWORK)
def test_a_module_passes_with_every_seed(name: str, seed: int) -> None:
    check(name, seed)


@pytest.mark.parametrize("name", WHOLE)
def test_of_these_nothing_is_left_out(name: str) -> None:
    assert not [pattern for pattern in EXCLUDED if fnmatch.fnmatchcase(name, pattern.partition(".")[0])]


def test_of_streams_and_servers_nine_tenths_run_on_the_simulated_network() -> None:
    tallies = [run_module(name, seed=2) for name in NETWORK]
    asked = sum(tally.counts[0] - len(tally.skipped) for tally in tallies)

    assert not any(tally.failed for tally in tallies)
    assert sum(len(tally.on_the_loop) for tally in tallies) >= 0.9 * asked


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("pattern", EXCLUDED)
def test_what_is_excluded_would_fail(pattern: str) -> None:
    tally = run_module(pattern.partition(".")[0], seed=0, only=pattern, excluded=())

    assert len(tally.failed) == tally.counts[0]


def backwards(loop: Loop, iterate: Callable[[Scheduling], int] = Scheduling.iterate) -> int:
    loop.ready.reverse()
    return iterate(loop)


def nothing(*_: object) -> None:
    pass


@pytest.mark.parametrize(
    ("tests", "part", "method", "fault"),
    [
        ("test_locks.*", Scheduling, "iterate", backwards),
        ("test_timeouts.*", Loop, "time", float),
        ("test_tasks.CTask_CFuture_Tests.*", Reporting, "call_exception_handler", nothing),
        ("test_runners.*", Loop, "close", nothing),
    ],
)
def test_a_loop_that_is_wrong_fails(tests: str, part: type, method: str, fault: Any) -> None:
    with mock.patch.object(part, method, fault):
        assert run_module(tests.partition(".")[0], seed=0, only=tests).failed


def check(name: str, seed: int) -> None:
    if not available(name):
        pytest.skip(f"this interpreter has no {name}")

    tally = run_module(name, seed)

    repro = f"python -m tests.platform.cpython {name} --seed {seed}"
    assert not tally.failed, "\n".join([repro, *(f"{test}: {told}" for test, told in tally.failed.items())])
    tests, on_the_loop, *_ = tally.counts
    assert on_the_loop >= SHARES[name] * tests
