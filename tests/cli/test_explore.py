"""`detrun explore`: what it says, what it leaves behind, and that it is the same in any process."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import detrun, on_a_terminal, with_little_room

RACE = """
import asyncio
import random
import detrun

balance = 100


async def deposit(after):
    global balance
    await asyncio.sleep(after)
    read = balance
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    balance = read + 10


async def main():
    print("depositing", random.random())
    await asyncio.gather(deposit(0.001), deposit(0.005))
    assert balance == 120, balance


async def right():
    await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0.002), busy())


async def busy():
    for _ in range(5):
        await asyncio.sleep(0)


async def alone():
    await asyncio.sleep(0)


async def claiming():
    detrun.sometimes("late", [])
    await right()


async def changing():
    global balance
    balance += 1
    await right()


if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    path = tmp_path / "bank.py"
    path.write_text(RACE)
    return path


def explored(path: Path, *words: str, target: str = "bank.py", **variables: str) -> tuple[int, Any]:
    ended = detrun("explore", target, "-o", "json", *words, cwd=path.parent, **variables)
    return ended.returncode, json.loads(ended.stdout)


def test_a_fault_that_there_is_not_is_refused_even_where_something_failed_before(bank: Path) -> None:
    assert explored(bank)[0] == 1

    ended = detrun("explore", "bank.py", "--faults", "dely", cwd=bank.parent)

    assert ended.returncode == 2
    assert "got 'dely'" in ended.stderr


def test_what_failed_before_and_does_not_now_is_named(bank: Path) -> None:
    (failure,) = explored(bank)[1]["failures"]
    assert explored(bank)[1]["past"] == []
    bank.write_text(RACE.replace("    await asyncio.sleep(0)\n    await asyncio.sleep(0)\n    bal", "    bal"))

    assert explored(bank)[1]["past"] == [failure["journal"]]
    told = detrun("explore", "bank.py", "--runs", "50", cwd=bank.parent).stderr
    assert f"detrun: what failed before does not now: {failure['journal']}\n" in told


def test_an_estimate_of_what_is_unseen_is_made_of_more_than_a_few_schedules(bank: Path) -> None:
    few, many = (detrun("explore", "bank.py:right", "--runs", runs, cwd=bank.parent).stderr for runs in ("5", "50"))

    assert "the next is new" not in few
    assert "; the next is new with a probability of " in many


def test_a_failure_is_told_kept_and_repeated(bank: Path) -> None:
    ended = detrun("explore", "bank.py", cwd=bank.parent)
    told = ended.stderr.splitlines()
    (repro,) = (line for line in told if line.startswith("repro: "))
    words = repro.split("-m detrun ")[1].split()
    again = detrun(*words, cwd=bank.parent)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "AssertionError: 110" in told
    assert any(line.startswith("  hold ") for line in told)
    assert (again.returncode, "detrun: same" in again.stderr) == (1, True)


def test_the_report_for_programs_has_its_schema(bank: Path) -> None:
    status, report = explored(bank)
    (failure,) = report["failures"]

    assert (status, report["schema"]) == (1, "detrun.explore/1")
    assert failure.keys() >= {"signature", "kind", "message", "where", "first_schedule", "hits", "level", "journal"}
    assert failure.keys() >= {"holds", "faults", "minimal", "minimize_runs"}
    assert [hold.keys() for hold in failure["holds"]] == [{"event", "until"}]
    assert (failure["message"], failure["hits"]) == ("AssertionError: 110", 1)


def test_what_was_found_is_told_where_no_journal_can_be_written(bank: Path) -> None:
    status, report = explored(bank, **with_little_room(bank.parent, 600))
    (failure,) = report["failures"]

    assert (status, failure["message"], failure["journal"]) == (1, "AssertionError: 110", None)
    assert "cannot be written: file too large" in failure["journal_problem"]
    assert list((bank.parent / ".detrun/failures").iterdir()) == []


def test_a_file_in_the_way_of_the_journals_is_named_with_what_was_found(bank: Path) -> None:
    (bank.parent / ".detrun").touch()

    ended = detrun("explore", "bank.py", cwd=bank.parent)

    assert ended.returncode == 1
    assert "  journal   none: the journal .detrun/failures cannot be written: " in ended.stderr
    assert "\n            a file is in the place of a directory" in ended.stderr
    assert "\nrepro: " in ended.stderr
    assert ended.stderr.endswith(" explore bank.py\n")


def test_a_directory_in_the_place_of_a_journal_takes_nothing_away_from_the_report(bank: Path) -> None:
    _, report = explored(bank)
    journal = bank.parent / report["failures"][0]["journal"]
    journal.unlink()
    journal.mkdir()

    status, report = explored(bank)
    (failure,) = report["failures"]

    assert (status, failure["journal"]) == (1, None)
    assert "cannot be written: " in failure["journal_problem"]


def test_a_test_that_cannot_be_written_takes_nothing_away_from_the_report(bank: Path) -> None:
    (bank.parent / "tests").touch()

    ended = detrun("explore", "bank.py", "--emit", "tests/below", "-o", "json", cwd=bank.parent)

    assert ended.returncode == 2
    assert [failure["test"] for failure in json.loads(ended.stdout)["failures"]] == [None]
    assert "\ndetrun: expected a folder that a test can be written to" in ended.stderr


def test_on_a_terminal_one_line_says_how_far_it_is(bank: Path) -> None:
    said = on_a_terminal(40, "explore", "bank.py:right", "--seconds", "0.5", cwd=bank.parent)

    _, *lines = said[: said.index("\r" + " " * 39 + "\r")].split("\r")
    assert lines
    assert all(re.match(r"detrun: [\d,]+ schedules?, [\d,]+/s, ", line) for line in lines)
    assert {len(line) for line in lines} == {39}
    assert "\ndetrun: no single hold out of " in said


def test_on_a_terminal_what_stands_behind_a_word_goes_on_below_it(bank: Path) -> None:
    said = on_a_terminal(60, "explore", "bank.py", cwd=bank.parent).replace("\r\n", "\n")

    lines = said[said.index("  kind  ") : said.index("  found  ")].splitlines()
    assert max(map(len, lines)) <= 60
    assert any(line.startswith(" " * 12) for line in lines)
    # What is behind a word is the same, however it is broken.
    flat = re.sub(r"\n {12}", " ", "\n".join(lines))
    assert flat in re.sub(r"\n {12}", " ", detrun("explore", "bank.py", cwd=bank.parent).stderr)


def test_one_object_a_line_is_one_failure_a_line_and_a_summary(bank: Path) -> None:
    ended = detrun("explore", "bank.py", "-o", "jsonl", cwd=bank.parent)
    failure, summary = map(json.loads, ended.stdout.splitlines())

    assert (failure["kind"], summary["failures"]) == ("exception", 1)


def without_time(report: Any) -> Any:
    return {name: value for name, value in report.items() if name != "seconds"}


def test_the_search_is_the_same_in_any_process_and_with_any_hash_seed(bank: Path, tmp_path: Path) -> None:
    reports = []
    for number, (jobs, seed) in enumerate([("1", "1"), ("1", "7"), ("2", "3")]):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "bank.py").write_text(RACE)
        words = ("--keep-going", "--runs", "300", "--jobs", jobs)
        status, report = explored(tmp_path / str(number) / "bank.py", *words, PYTHONHASHSEED=seed)
        assert status == 1
        for failure in report["failures"]:
            # Which name the folder; and how much is said in how much time is another matter.
            del failure["where"], failure["explanation"]
        reports.append(without_time(report))

    assert reports[0] == reports[1] == reports[2]


def test_what_failed_before_is_tried_first(bank: Path) -> None:
    explored(bank)
    status, report = explored(bank)

    assert (status, report["schedules"], report["failures"][0]["first_schedule"]) == (1, 1, 0)


def test_a_program_that_is_right_is_found_right(bank: Path) -> None:
    status, report = explored(bank, "--runs", "50", target="bank.py:right")

    assert (status, report["failures"], report["complete"]) == (0, [], True)


def test_a_program_with_one_schedule_is_run_once(bank: Path) -> None:
    ended = detrun("explore", "bank.py:alone", cwd=bank.parent)

    assert (ended.returncode, "the program has but this one schedule" in ended.stderr) == (0, True)


def test_a_module_that_changes_is_warned_of(bank: Path) -> None:
    kept = explored(bank, "--runs", "5", "--strategy", "random", target="bank.py:changing")[1]
    fresh = explored(bank, "--runs", "5", "--strategy", "random", "--fresh", "module", target="bank.py:changing")[1]

    assert (kept["module_state"], fresh["module_state"]) == (["bank.balance"], [])


FRESH = ["none", "module", "process"]


@pytest.mark.parametrize("fresh", FRESH)
def test_whatever_is_fresh_a_script_fails_as_often(bank: Path, fresh: str) -> None:
    status, report = explored(bank, "--runs", "60", "--keep-going", "--fresh", fresh)

    assert (status, len(report["failures"]), report["schedules"]) == (1, 1, 60)


def test_with_nothing_of_its_own_to_run_a_shard_says_so(bank: Path) -> None:
    halves = [explored(bank, "--shard", f"{shard}/2", "--strategy", "holds", "--keep-going") for shard in (1, 2)]

    assert sum(len(report["failures"]) for _, report in halves) >= 1


BAD = [
    (["--shard", "3/2"], "expected i/N with i from 1 to N, got '3/2'"),
    (["--faults", "fire"], "expected faults out of"),
    (["--strategy", "luck"], "'luck' is not one of"),
    (["nothing.py"], "expected a file or a module"),
]


@pytest.mark.parametrize(("words", "objection"), BAD)
def test_what_cannot_be_explored_is_refused(bank: Path, words: list[str], objection: str) -> None:
    target = [] if words[0].endswith(".py") else ["bank.py"]
    ended = detrun("explore", *target, *words, cwd=bank.parent)

    assert ended.returncode == 2
    assert objection in ended.stderr


def test_what_never_happens_though_it_should_sometimes_is_a_failure_of_the_search(bank: Path) -> None:
    words = [
        "--runs",
        "20",
        "--level",
        "2",
        "--faults",
        "delay,reset",
        "--shard",
        "1/1",
        "--leaks",
        "--max-steps",
        "99",
    ]
    ended = detrun("explore", "bank.py:claiming", *words, "-o", "text", "--jobs", "1", cwd=bank.parent)

    assert ended.returncode == 1
    assert "detrun: never seen: late" in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("repro: ")
    assert sorted(ended.stderr.split("explore bank.py:claiming ")[-1].split()) == sorted(words)


def test_a_budget_that_was_spent_can_be_a_failure(bank: Path) -> None:
    words = ("--strategy", "random", "--runs", "3", "--fail-on-budget")

    assert explored(bank, *words, target="bank.py:right")[0] == 6
    assert explored(bank, "--runs", "50", "--fail-on-budget", target="bank.py:right")[0] == 0
