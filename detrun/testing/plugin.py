"""The pytest plugin: options, and which test runs now. It imports nothing of detrun until a test needs it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

HASH_SEED, PLAN = "--detrun-hash-seed", "--detrun-plan"
APPLICATION = "detrun_application"
_VARIABLE, _SEEDS = "PYTHONHASHSEED", 2**32
_REPRO = "repro: "

current: pytest.Item | None = None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have options of our own."""
    group = parser.getgroup("detrun")
    group.addoption(
        HASH_SEED, metavar="N", help="run all tests in an interpreter with this hash seed, which is started for it"
    )
    parser.addini(APPLICATION, "directory of the application that the fixture `app` runs, below the root directory")
    group.addoption(PLAN, metavar="PLAN", help="run tests of detrun on this schedule only, as a failure names it")


def pytest_configure(config: pytest.Config) -> None:
    """Have a marker of our own."""
    config.addinivalue_line("markers", f"{APPLICATION}(directory): which application the fixture `app` runs")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Start again with the hash seed that is asked for, before anything is captured or imported."""
    seed = early_config.known_args_namespace.detrun_hash_seed
    if seed is not None and not (seed.isdecimal() and int(seed) < _SEEDS):
        raise pytest.UsageError(f"{HASH_SEED}: expected a number from 0 to {_SEEDS - 1}, got {seed!r}")
    if seed is not None and os.environ.get(_VARIABLE) != seed:
        words = [sys.executable, "-m", "pytest", *early_config.invocation_params.args]
        os.execve(sys.executable, list(map(str, words)), os.environ | {_VARIABLE: seed})
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Know which test runs: it is the item's business what is reported of it."""
    global current  # noqa: PLW0603  # pytest has no other place for it that a called function sees
    current = item
    try:
        return (yield)
    finally:
        current = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Show what a failure of ours says: where it was raised is our business."""
    report = yield
    if call.excinfo is not None and getattr(call.excinfo.value, "is_told", False):
        error = call.excinfo.value
        # What a test claims needs no name; what is wrong with the test itself does.
        name = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
        lines = f"{name}{error}".splitlines()
        report.longrepr = "\n".join(line for line in lines if not line.startswith(_REPRO))
        # Beside what is told, which some show a second time in their summary.
        report.sections += [("to repeat it", line) for line in lines if line.startswith(_REPRO)]
    return report


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Any:
    """An application, which each run of a test has for itself: that of the marker, or else of the configuration."""
    # Slow, so not for tests that have none.
    from detrun.errors import UsageError  # noqa: PLC0415
    from detrun.testing.opening import opened  # noqa: PLC0415

    try:
        return opened(request, APPLICATION)
    except UsageError as error:
        # What is wrong stands in a file of the application, or with the test, and in no frame of ours.
        return pytest.fail(str(error), pytrace=False)
