"""The examples do what their first lines say."""

import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

import detrun
from tests.cli import command
from tests.live.scene import free_port

TRANSFER = Path(__file__).parents[1] / "examples" / "transfer.py"


@pytest.fixture(scope="module")
def transfer() -> Callable[[], Coroutine[Any, Any, None]]:
    main: Callable[[], Coroutine[Any, Any, None]] = runpy.run_path(str(TRANSFER))["main"]
    return main


def test_transfers_balance_on_stock_asyncio() -> None:
    assert subprocess.run([sys.executable, TRANSFER], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("strategy", "seed"), [("default", 0), ("random", 7)])
def test_transfers_balance_on_a_lucky_schedule(transfer: Callable[[], Any], strategy: str, seed: int) -> None:
    assert detrun.run(transfer, strategy=strategy, seed=seed).outcome == "ok"


def test_transfers_lose_money_on_some_schedules(transfer: Callable[[], Any]) -> None:
    runs = [detrun.run(transfer, seed=seed) for seed in range(100)]

    failures = [run.failure for run in runs if run.failure is not None]
    assert 5 <= len(failures) <= 40
    assert all("expected 300 in all" in failure.message for failure in failures)


@pytest.mark.parametrize("scenario", ["rush", "returned", "reload_in_the_middle"])
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_shop_keeps_its_books_and_its_runs_repeat(scenario: str, seed: int, tmp_path: Path) -> None:
    journal, root = str(tmp_path / "orders.bin"), TRANSFER.parents[1]
    played = ("examples/orders", "--scenario", f"examples/orders/scenarios.py:{scenario}", "--seed", str(seed))

    ran = command.detrun("run", *played, "--journal", journal, cwd=root)
    again = command.detrun("replay", journal, cwd=root)

    assert (ran.returncode, again.returncode) == (0, 0), ran.stderr + again.stderr
    assert "same" in again.stderr


def test_a_live_run_is_broken_and_replayed_in_three_commands(tmp_path: Path) -> None:
    bin_first = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "examples").symlink_to(TRANSFER.parent)

    ended = subprocess.run(
        [TRANSFER.with_name("run-break-replay.sh"), str(free_port())],
        cwd=tmp_path,
        env=os.environ | {"PATH": bin_first},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 0, ended.stderr
    assert sorted(ended.stdout.split()[::3]) == ["ann:", "ben:", "cleo:", "dan:", "eva:"]
    assert ended.stderr.count("AssertionError: 2 seats were sold to ") == 2
    *_, same, told = ended.stderr.splitlines()
    assert same.startswith("detrun: same: ")
    # Whoever runs it for the first time sees tracebacks, and is told that they are what was to be shown.
    assert told.startswith("--- so it should")
    assert ended.stderr.startswith("--- a server with two seats runs live")
