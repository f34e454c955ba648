"""Each bug of the zoo is found, in few schedules and with a short story, and nothing is found in its twin."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from detrun.scenarios.mishaps import KINDS
from tests.cli.command import ENVIRONMENT, detrun
from tests.explore.blind import check_blind
from tests.planted.zoo.keeping import HEAD, SCHEDULES, Row, by_kept, fails, row, searched
from tests.planted.zoo.planting import ZOO

pytestmark = pytest.mark.usefixtures("untidy")
ROOT = str(Path(__file__).parents[2])
FEW = 150
# One of each kind, for what takes a process each.
SAMPLE = (
    "abba",
    "item_lost_by_a_cancelled_get",
    "locks_of_threads_crossed",
    "order_repeated_after_a_reset",
    "count_lost_by_a_reload",
    "crash_between_debit_and_credit",
)
# So many more as one process does in no time.
QUICK = (
    "abba",
    "answer_lost_with_its_timeout",
    "crash_between_debit_and_credit",
    "depth",
    "item_lost_by_a_cancelled_get",
    "locks_of_threads_crossed",
    "measured_by_the_time_of_day",
    "order_repeated_after_a_reset",
    "slot_lost_by_a_refusal",
    "started_twice",
)
every_bug = pytest.mark.parametrize("name", ZOO)
sample = pytest.mark.parametrize("name", SAMPLE)


@every_bug
def test_a_planted_bug_does_not_show_when_nothing_is_late(name: str) -> None:
    assert not fails(ZOO[name], ZOO[name])
    assert not fails(ZOO[name], ZOO[name].twin)


@every_bug
def test_nothing_is_found_in_a_twin(name: str) -> None:
    assert list(searched(ZOO[name], ZOO[name].twin, FEW)[1].found) == []


@pytest.mark.soak
@every_bug
def test_nothing_is_found_in_a_twin_however_long_one_looks(name: str) -> None:
    assert list(searched(ZOO[name], ZOO[name].twin, SCHEDULES)[1].found) == []


def test_the_zoo_is_large_enough() -> None:
    assert len(ZOO) >= 40
    assert sum(bug.holds > 1 for bug in ZOO.values()) >= 5
    assert sum(bool(bug.faults) for bug in ZOO.values()) >= 5


def test_every_fault_of_applications_has_its_bug() -> None:
    assert {kind for bug in ZOO.values() for kind in bug.faults} >= set(KINDS)


def test_what_is_kept_fails_with_the_bug_and_not_without_also_where_something_is_left_out() -> None:
    """But for two, of which the mended program does nothing any more that could be late."""
    kept = {name: by_kept(name) for name in ZOO}

    assert sum(bool(row(name).plan.without) for name in ZOO) >= 5
    assert {name: came_to for name, came_to in kept.items() if came_to != ("fails", "passes")} == {
        "write_without_wait_until": ("fails", "stale"),
        "message_polled_twice": ("fails", "stale"),
    }


def test_all_are_found_most_of_them_by_single_holds_and_most_stories_are_one_hold() -> None:
    rows = [row(name) for name in ZOO]
    table = told(rows)
    sys.stdout.write(table)

    assert all(0 < each.first <= SCHEDULES for each in rows), table
    assert all(each.minimal for each in rows), table
    assert sum(each.arm == "holds" for each in rows) >= 0.8 * len(rows), table
    assert median(each.holds for each in rows if not each.faults) == 1, table
    assert all((each.arm == "holds") == (ZOO[each.name].holds == 1) for each in rows), table


def told(rows: list[Row]) -> str:
    """The table, and its sums."""
    alone = sum(each.arm == "holds" for each in rows)
    left, inputs = (sum(each.inputs[which] for each in rows) for which in (0, 1))
    sums = f"{alone} of {len(rows)} by single holds alone; {left} of {inputs} inputs, {sum(r.runs for r in rows)} runs"
    lines = [HEAD, *map(str, rows), sums]
    return "".join(f"{line}\n" for line in lines)


def explored(name: str, directory: Path, *words: str, **variables: str) -> dict[str, Any]:
    """What `detrun explore` says of a bug."""
    bug = ZOO[name]
    faults = ("--faults", ",".join(bug.faults)) if bug.faults else ()
    asked = ("explore", bug.target, "-o", "json", "--runs", str(SCHEDULES), *faults, *words)
    ended = detrun(*asked, cwd=directory, PYTHONPATH=ROOT, **variables)
    assert ended.returncode == 1, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def check_replay(told: dict[str, Any], directory: Path) -> None:
    """The journal of what was minimized is the same failure in a process that knows nothing of the search."""
    (failure, *_) = told["failures"]
    # As small as it got in its time; that each gets as small as can be has a test of its own, which counts runs.
    assert failure["reproduced"]

    ended = detrun("replay", failure["journal"], "-o", "json", cwd=directory, PYTHONPATH=ROOT)

    assert ended.returncode == 1, ended.stderr
    replayed = json.loads(ended.stdout.splitlines()[-1])
    outcome = failure["kind"] if failure["kind"] in {"stuck", "limit"} else "failed"
    assert (replayed["outcome"], replayed["recorded_outcome"]) == ("same", outcome)


@sample
def test_the_journal_of_what_was_minimized_replays_in_a_fresh_process(name: str, tmp_path: Path) -> None:
    check_replay(explored(name, tmp_path), tmp_path)


@pytest.mark.soak
@every_bug
def test_every_journal_of_what_was_minimized_replays_in_a_fresh_process(name: str, tmp_path: Path) -> None:
    check_replay(explored(name, tmp_path), tmp_path)


def answers(seed: int, jobs: int, runs: int, names: Iterable[str]) -> dict[str, list[str]]:
    """What searches come to, all of them in one process with this hash seed."""
    words = [sys.executable, "-m", "tests.planted.zoo.answers", str(jobs), str(runs), *names]
    environment = ENVIRONMENT | {"PYTHONPATH": ROOT, "PYTHONHASHSEED": str(seed)}
    ended = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=180, check=False)
    assert ended.returncode == 0, ended.stderr
    told: dict[str, list[str]] = json.loads(ended.stdout)
    return told


def check_same(names: Iterable[str], runs: int) -> None:
    first = answers(1, 1, runs, names)
    assert first.keys() == set(names)
    assert all(told[0] for told in first.values())

    for seed, jobs in ((2, 1), (3, 2)):
        other = answers(seed, jobs, runs, names)
        assert {name: (told, other[name]) for name, told in first.items() if told != other[name]} == {}


def test_a_search_says_the_same_with_another_hash_seed_and_in_two_processes() -> None:
    check_same(QUICK, 60)


@pytest.mark.soak
@pytest.mark.parametrize("share", range(10))
def test_every_search_says_the_same_with_another_hash_seed_and_in_two_processes(share: int) -> None:
    check_same(tuple(ZOO)[share::10], 400)


def check_foreseen(names: Iterable[str], share: float) -> None:
    """Of single holds and faults, so many are not run, and a search says the same as if they were."""
    sums = [check_blind(ZOO[name], kinds=ZOO[name].faults) for name in names]
    foreseen, ran = map(sum, zip(*sums, strict=True))
    sys.stdout.write(f"{foreseen} of {foreseen + ran} not run\n")

    assert foreseen >= share * (foreseen + ran)


def test_a_search_finds_the_same_without_running_what_it_foresees() -> None:
    check_foreseen(QUICK, 0.15)


@pytest.mark.soak
def test_a_search_for_any_bug_finds_the_same_without_running_what_it_foresees() -> None:
    check_foreseen(ZOO, 0.25)
