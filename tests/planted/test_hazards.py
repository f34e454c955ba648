"""Programs with a planted hazard each, which the doctor must name by cause and line, and programs without."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.command import detrun

HAZARDS = Path(__file__).parent / "hazards"
PROGRAMS = {path.stem: path for path in sorted(HAZARDS.glob("*.py"))}
PLANTED = [name for name in PROGRAMS if not name.startswith("clean_")]
CLEAN = [name for name in PROGRAMS if name.startswith("clean_")]
# One for each cause but threads, which take real time; `make soak` has them all.
SOME = [
    *("tasks_of_names", "closing_sessions", "weak_callback", "time_budget", "workers_from_environment"),
    *("listed_migrations", "registered_handlers", "debug_checks", "class_attribute", "stamped_rows"),
]
SOME_CLEAN = ["clean_echo_server", "clean_group_failures", "clean_lost_update", "clean_threads"]


def planted(path: Path) -> list[tuple[str, int]]:
    """The causes that a program's comments give, each with its line."""
    lines = enumerate(path.read_text().splitlines(), 1)
    return [(found[1], number) for number, line in lines if (found := re.search(r"# hazard: (.+)$", line))]


def named(path: Path) -> list[tuple[str, int]]:
    """The causes that the doctor names, each with its line."""
    function = "" if "__main__" in path.read_text() else ":main"
    ended = detrun("doctor", f"{path.name}{function}", "-o", "json", cwd=path.parent)
    findings = json.loads(ended.stdout)["findings"]
    assert ended.returncode == bool(findings)
    return [(finding["cause"], finding["line"]) for finding in findings]


@pytest.mark.parametrize("name", SOME)
def test_a_hazard_is_named_with_its_cause_and_line_and_no_other(name: str) -> None:
    assert named(PROGRAMS[name]) == planted(PROGRAMS[name])


@pytest.mark.parametrize("name", SOME_CLEAN)
def test_nothing_is_found_in_a_program_without_hazards(name: str) -> None:
    assert named(PROGRAMS[name]) == []


def test_there_are_thirty_hazards_and_eleven_programs_without() -> None:
    assert [len(planted(PROGRAMS[name])) for name in PLANTED] == [1] * 30
    assert [len(planted(PROGRAMS[name])) for name in CLEAN] == [0] * 11


@pytest.mark.soak
def test_nearly_all_hazards_are_named_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(2) as pool:
        told = dict(zip(PROGRAMS, pool.map(named, PROGRAMS.values()), strict=True))
    missed = {name: told[name] for name in PLANTED if not set(planted(PROGRAMS[name])) <= set(told[name])}
    wrong = {name: told[name] for name in PROGRAMS if set(told[name]) - set(planted(PROGRAMS[name]))}

    with capsys.disabled():
        print(f"\nfound {len(PLANTED) - len(missed)} of {len(PLANTED)}; missed {missed}; too much {wrong}")
    assert len(missed) <= 2
    assert len(wrong) <= 1
    assert not wrong.keys() & set(CLEAN)
