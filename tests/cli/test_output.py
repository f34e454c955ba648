"""What becomes of commands whose standard streams are closed, or full."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ENVIRONMENT, detrun, written

LATE = [
    "import asyncio",
    "async def main():",
    "    done = []",
    "    asyncio.get_running_loop().call_later(0.001, done.append, 1)",
    "    await asyncio.sleep(0.002)",
    "    assert not done",
    "if __name__ == '__main__':",
    "    asyncio.run(main())",
]
# Each command, and how it ends when somebody listens.
COMMANDS = {
    "--version": 0,
    "--help": 0,
    "explore late.py -o json --runs 20": 1,
    "replay run.bin -o json": 1,
    "why run.bin 3": 0,
    "journal show run.bin": 0,
    "minimize run.bin -o json": 1,
    "doctor late.py -o json": 0,
}


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    detrun("run", written(tmp_path, "late.py", LATE), "--journal", "run.bin", cwd=tmp_path)
    return tmp_path


def ended(words: str, redirected: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command with streams that the shell redirects."""
    command = f"{shlex.quote(sys.executable)} -m detrun {words} {redirected}"
    return subprocess.run(
        command, shell=True, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("redirected", ["1>&-", "2>&-", "0<&- 1>&- 2>&-"])
@pytest.mark.parametrize(("words", "status"), COMMANDS.items())
def test_who_closes_a_stream_hears_nothing_and_changes_nothing(
    recorded: Path, words: str, status: int, redirected: str
) -> None:
    told = ended(words, redirected, recorded)

    assert told.returncode == status, told.stderr
    assert "error of detrun itself" not in told.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux only")
@pytest.mark.parametrize("words", COMMANDS)
def test_an_output_that_takes_no_more_is_named(recorded: Path, words: str) -> None:
    told = ended(words, "> /dev/full", recorded)

    assert told.returncode == 2
    assert told.stderr.endswith("detrun: expected an output that can be written, got 'no space left on device'\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux only")
def test_a_report_that_cannot_be_written_is_said_to_be(tmp_path: Path) -> None:
    written(tmp_path, "quiet.py", ["pass"])

    told = ended("run quiet.py -o json", "> /dev/full", tmp_path)

    assert told.stderr == "detrun: expected an output that can be written, got 'no space left on device'\n"
