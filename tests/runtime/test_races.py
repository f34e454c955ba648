"""The page of races: each is there once, and what it names as a test is one that names the race."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.runtime.naming import TESTS, numbered

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "races.md"
GROUPS = {"GEN": 42, "RPC": 22, "STR": 20, "ABT": 5, "WS": 26}
ROW = re.compile(r"^\| (R-[^|]*) \| ([^|]*) \|([^|]*)\|$", re.MULTILINE)
ID = re.compile(r"R-[A-Z]+-\d\d")
ROWS = [
    (ID.findall(what), how, re.findall(r"`(test_\w+)`", tests)) for what, how, tests in ROW.findall(PAGE.read_text())
]


def test_each_race_is_there_once() -> None:
    assert sorted(race for races, _, _ in ROWS for race in races) == sorted(numbered("R", GROUPS))


@pytest.mark.parametrize(("races", "how", "tests"), ROWS, ids=[row[0][0] for row in ROWS])
def test_what_a_row_says_is_so(races: list[str], how: str, tests: list[str]) -> None:
    assert tests or "comes with " in how, "neither a test nor a reason why there is none"
    assert not [test for test in tests if test not in TESTS]
    for race in races if tests else ():
        assert any(race in TESTS[test] for test in tests), f"none of {tests} names {race}"
