"""Each bug of the zoo is found, in few schedules and with a short story, and nothing is found in its twin."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from detrun.testing.mishaps import KINDS
from tests.cli.command import detrun
from tests.planted.zoo.keeping import HEAD, SCHEDULES, Row, fails, row, searched
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
    lines = [HEAD, *map(str, rows), f"{alone} of {len(rows)} by single holds alone"]
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
    assert failure["minimal"]
    assert failure["reproduced"]

    ended = detrun("replay", failure["journal"], "-o", "json", cwd=directory, PYTHONPATH=ROOT)

    assert ended.returncode == 1, ended.stderr
    replayed = json.loads(ended.stdout.splitlines()[-1])
    outcome = failure["kind"] if failure["kind"] in {"stuck", "limit"} else "failed"
    assert (replayed["outcome"], replayed["recorded_outcome"]) == ("same", outcome)


@sample
def test_the_journal_of_what_was_minimized_replays_in_a_fresh_process(name: str, tmp_path: Path) -> None:
    check_replay(explored(name, tmp_path), tmp_path)


def check_same(name: str, directory: Path) -> dict[str, Any]:
    """A search says the same with another hash seed and in two processes; what the first of them said."""
    answers = []
    for number, words in enumerate(((), ("--jobs", "2"))):
        place = directory / str(number)
        place.mkdir()
        answers.append(explored(name, place, *words, PYTHONHASHSEED=str(number + 1)))
    told = [(each["schedules"], each["distinct"], [one["signature"] for one in each["failures"]]) for each in answers]
    assert told[0] == told[1]
    return answers[0]


@pytest.mark.parametrize("name", SAMPLE[::2])
def test_a_search_says_the_same_with_another_hash_seed_and_in_two_processes(name: str, tmp_path: Path) -> None:
    check_same(name, tmp_path)


@pytest.mark.soak
@every_bug
def test_every_search_says_the_same_in_other_processes_and_its_minimized_journal_replays(
    name: str, tmp_path: Path
) -> None:
    check_replay(check_same(name, tmp_path), tmp_path / "0")
