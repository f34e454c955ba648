"""What cannot be loaded: each command says in which line, as of any other failure."""

import json
from itertools import product
from pathlib import Path

import pytest

from tests.cli.command import detrun, facts, written

# What a file has in it, which of its lines is told of, and how the failure begins.
BROKEN = {
    "a syntax error": (["import asyncio", "x = = 3"], ":2: x = = 3", "SyntaxError: "),
    "a module that is not there": (["import nowhere_at_all"], ":1 in <module>: import", "ModuleNotFoundError: "),
    "an exception": (["def f():", "    raise LookupError('no')", "f()"], ":2 in f: raise", "LookupError: no"),
    "what is no text": (["x = '\0'"], "", "SyntaxError: "),
}
TARGETS = {
    "a file": ("program.py", (), "program.py"),
    "a function": ("program.py:main", (), "program.py"),
    "a module": ("program", (), "program.py"),
    "what a program imports": ("outer.py:main", (), "program.py"),
    "an application": (".", ("--scenario", "scenarios.py:asked"), "web.py"),
}


def place(directory: Path, kind: str, target: str) -> tuple[str, tuple[str, ...], str]:
    """A program that cannot be loaded: its target, and where it is told to fail."""
    lines, where, _ = BROKEN[kind]
    word, more, file = TARGETS[target]
    written(directory, file, lines)
    written(directory, "outer.py", ["import program", "def main():", "    pass"])
    written(directory, "detrun.toml", ['name = "web"', 'main = "web.py"'])
    written(directory, "scenarios.py", ["async def asked(app):", "    await app.fetch('/')"])
    return word, more, f"{directory / file}{where}"


# Who imports what is no text is told by Python itself that it was there.
@pytest.mark.parametrize(
    ("kind", "target"),
    [each for each in product(BROKEN, TARGETS) if each != ("what is no text", "what a program imports")],
)
def test_a_run_names_the_line_in_which_its_program_cannot_be_loaded(tmp_path: Path, kind: str, target: str) -> None:
    word, more, where = place(tmp_path, kind, target)

    failure = facts(word, *more, cwd=tmp_path)["failure"]

    assert failure["kind"] == "exception"
    assert failure["message"].startswith(BROKEN[kind][2])
    assert failure["where"].startswith(where)


@pytest.mark.parametrize("target", ["a file", "what a program imports", "an application"])
def test_every_command_names_the_line_that_cannot_be_compiled(tmp_path: Path, target: str) -> None:
    word, more, where = place(tmp_path, "a syntax error", target)

    explored = detrun("explore", word, *more, "-o", "json", cwd=tmp_path)
    (found,) = json.loads(explored.stdout)["failures"]
    replayed = detrun("replay", found["journal"], cwd=tmp_path)
    minimized = detrun("minimize", found["journal"], "-o", "json", cwd=tmp_path)

    assert (explored.returncode, replayed.returncode, minimized.returncode) == (1, 1, 1), minimized.stderr
    assert found["where"] == json.loads(minimized.stdout)["explanation"]["where"] == where
    assert f"detrun: failed: {where}\n" in replayed.stderr
    assert found["signature"] == f"exception: SyntaxError at {TARGETS[target][2]}:2" + (
        " < outer.py:1:<module>" if target == "what a program imports" else ""
    )
