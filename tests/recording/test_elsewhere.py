"""A journal on another machine, or with other versions: what is refused, and what is said before the replay."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from detrun.errors import UsageError
from detrun.journal.header import here
from detrun.journal.reader import Journal
from detrun.journal.writer import Durability, Writer
from detrun.recording import elsewhere
from tests.cli.command import detrun, written

LINES = ["import asyncio, helper", "async def main():", "    await asyncio.sleep(helper.DELAY)", "asyncio.run(main())"]
HERE = here("program", libraries=("msgspec",))
MACHINE = f"{platform.platform().split('-')[0]}-1.2-{platform.machine()}-with-another"


def recorded(directory: Path, *options: str, **changes: Any) -> str:
    """A journal whose header says that it is from elsewhere."""
    written(directory, "helper.py", ["DELAY = 0.01"])
    detrun("run", written(directory, "program.py", LINES), "--journal", "here.bin", *options, cwd=directory)
    journal = Journal(directory / "here.bin")
    with Writer(directory / "j.bin", replace(journal.header, **changes), durability=Durability.NONE) as writer:
        for entry in journal.entries():
            writer.append(entry)
    return "j.bin"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"python": "3.11.999"}, [f"Python 3.11.999 then, {platform.python_version()} now"]),
        ({"libraries": {"msgspec": "0.0.1"}}, [f"msgspec 0.0.1 then, {HERE.libraries['msgspec']} now"]),
        ({"libraries": {"no-such-library": "1.0"}}, ["no-such-library 1.0 then, none now"]),
        ({"sqlite": "3.1.0"}, [f"SQLite 3.1.0 then, {HERE.sqlite} now"]),
        ({"detrun": "0.0.1"}, [f"detrun 0.0.1 then, {HERE.detrun} now"]),
        ({"platform": "Other-1.0-z80"}, [f"machine Other-1.0-z80 then, {platform.platform()} now"]),
        ({"platform": MACHINE}, []),
        ({"python": "", "platform": "", "sqlite": "", "libraries": {}}, []),
    ],
)
def test_what_is_another_version_or_machine_is_told_in_words(changes: dict[str, Any], told: list[str]) -> None:
    assert elsewhere.differences(replace(HERE, **changes)) == told


def test_another_implementation_is_refused() -> None:
    elsewhere.refuse(HERE)

    with pytest.raises(UsageError, match=f"expected other, with which the journal was made, got {HERE.implementation}"):
        elsewhere.refuse(replace(HERE, implementation="other"))


@pytest.mark.parametrize("options", [(), ("--live",)])
def test_other_versions_are_named_first_and_the_replay_goes_on(tmp_path: Path, options: tuple[str, ...]) -> None:
    journal = recorded(tmp_path, *options, python="3.11.999", libraries={"msgspec": "0.0.1"})

    ended = detrun("replay", journal, cwd=tmp_path)
    lines = ended.stderr.splitlines()

    assert ended.returncode == 0
    assert lines[0] == f"detrun: not as recorded: Python 3.11.999 then, {platform.python_version()} now"
    assert lines[1].startswith("detrun: not as recorded: msgspec 0.0.1 then, ")
    assert lines[-1].startswith("detrun: same: ")


@pytest.mark.parametrize("command", [("replay", "j.bin"), ("why", "j.bin", "1")])
def test_a_journal_of_another_implementation_is_not_run(tmp_path: Path, command: tuple[str, ...]) -> None:
    recorded(tmp_path, implementation="pypy")

    ended = detrun(*command, cwd=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr == f"detrun: expected pypy, with which the journal was made, got {sys.implementation.name}\n"


@pytest.mark.parametrize("options", [(), ("--live",)])
def test_what_cannot_be_imported_any_more_is_why_a_replay_parts(tmp_path: Path, options: tuple[str, ...]) -> None:
    library = tmp_path / "site-packages"
    written(library, "fancy.py", ["DELAY = 0.01"])
    lines = ["import asyncio, fancy", *LINES[1:]]
    lines[2] = lines[2].replace("helper", "fancy")
    path = written(tmp_path, "program.py", lines)
    there = {"PYTHONPATH": f"{library}:{':'.join(sys.path)}"}
    assert detrun("run", path, "--journal", "j.bin", *options, cwd=tmp_path, **there).returncode == 0
    (library / "fancy.py").unlink()

    ended = detrun("replay", "j.bin", "-o", "json", cwd=tmp_path)
    divergence = json.loads(ended.stdout.splitlines()[-1])["divergence"]

    assert ended.returncode == 3
    assert (divergence["step"], divergence["cause"]) == (0, "environment")
    assert divergence["because"] == "ModuleNotFoundError: No module named 'fancy'"
    assert "program.py:1 in <module>" in divergence["where"]
    assert "No module named 'fancy'" in divergence["actual"]
