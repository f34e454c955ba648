"""Programs whose replay parts from their journal: it must say so at the first step, with the cause and the line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import detrun
from tests.planted.divergences.planted import PLANTED, Planted

ALL = {planted.name: planted for planted in PLANTED}
# One for each cause.
SOME = ("sqlite_random", "file_time", "id_of_an_object", "thread_that_counts", "changed_file", "changed_helper")


# Or a file that is changed within a second, and is as long as before, would be taken for what it was.
_PLAIN = {"PYTHONDONTWRITEBYTECODE": "1"}


def fill(directory: Path, files: Mapping[str, str]) -> None:
    """Have these files there; what ends in `.db` is a database of this version."""
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".db"):
            import sqlite3  # noqa: PLC0415

            database = sqlite3.connect(path)
            database.execute(f"pragma user_version = {content}")
            database.close()
        else:
            path.write_text(content)


def told(planted: Planted, directory: Path) -> dict[str, Any]:
    """What became of a program's run, or else what its replay says."""
    fill(directory, {"program.py": planted.source, **planted.before})
    recorded, later = planted.variables
    ran = detrun("run", "program.py:main", "-o", "json", "--journal", "j.bin", cwd=directory, **_PLAIN, **recorded)
    if "Forbidden" in ran.stderr + ran.stdout:
        return {"outcome": "refused"}
    fill(directory, planted.after)
    ended = detrun("replay", "j.bin", "-o", "json", *planted.options, cwd=directory, **_PLAIN, **later)
    answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1]) if ended.stdout else {"outcome": ended.stderr}
    return answer


def judged(planted: Planted, answer: dict[str, Any]) -> str:
    """Whether it was caught or refused, or else what is wrong with the answer."""
    if answer["outcome"] == "refused":
        return "refused"
    if answer["outcome"] != "diverged":
        return f"not noticed: {answer}"
    divergence = answer["divergence"]
    if divergence["cause"] != planted.cause:
        return f"{divergence['cause']} ({divergence['because']}) instead of {planted.cause}"
    at_first = divergence["step"] == planted.step and "program.py" in (divergence["where"] or "")
    return "caught" if at_first else f"at step {divergence['step']}, {divergence['where']}"


@pytest.mark.parametrize("name", SOME)
def test_a_planted_divergence_is_caught_at_its_first_step(name: str, tmp_path: Path) -> None:
    assert judged(ALL[name], told(ALL[name], tmp_path)) == "caught"


def test_there_are_thirty_divergences() -> None:
    assert len(ALL) == len(PLANTED) == 30


@pytest.mark.soak
def test_all_are_caught_at_their_first_step_but_one_that_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def one(planted: Planted) -> str:
        (tmp_path / planted.name).mkdir()
        return judged(planted, told(planted, tmp_path / planted.name))

    with ThreadPoolExecutor(2) as pool:
        results = dict(zip(ALL, pool.map(one, PLANTED), strict=True))
    missed = {name: result for name, result in results.items() if result not in {"caught", "refused"}}
    refused = [name for name, result in results.items() if result == "refused"]

    with capsys.disabled():
        print(f"\ncaught {30 - len(missed) - len(refused)} of 30; refused {refused}; missed {missed}")
    assert not missed
    assert refused == [planted.name for planted in PLANTED if planted.refused] == ["thread_that_calls_the_loop"]
