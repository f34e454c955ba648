"""The tutorial, from its first line to its last: what it says is written is written, and what it shows is printed."""

from __future__ import annotations

import re
import subprocess
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

from tests.test_docs import DOCS, ON_PATH, ROOT

# A file that is to be written, or commands and what they print.
PART = re.compile(r"^```(?:text (?P<file>\S+)|shell-session)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n", re.MULTILINE)


def test_whoever_follows_the_tutorial_sees_what_it_shows(tmp_path: Path) -> None:
    commands = 0
    for part in PART.finditer((DOCS / "tutorial" / "first-race.md").read_text()):
        if part["file"]:
            (tmp_path / part["file"]).write_text(part["body"])
            continue
        _, *pairs = COMMAND.split(part["body"])
        for command, shown in zip(pairs[::2], pairs[1::2], strict=True):
            printed = _printed(command, tmp_path)
            assert OutputChecker().check_output(shown, printed, ELLIPSIS), f"{command}\n{printed}"
            commands += 1

    assert commands > 4


def _printed(command: str, directory: Path) -> str:
    ended = subprocess.run(
        command.split(),
        cwd=directory,
        env=ON_PATH
        | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.stdout
