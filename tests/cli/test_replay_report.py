"""`detrun replay` to whoever reads its report or its exit status, and at a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ENVIRONMENT, detrun, written

# Programs whose replays come to each end, with the changed line that makes one part.
_SLEEPS = [
    "import asyncio, sys",
    "async def main():",
    "    for _ in range(3): await asyncio.sleep(0.01)",
    "asyncio.run(main())",
]
OK, FAILS, FAILS_BY_EXIT = _SLEEPS, [*_SLEEPS, "assert 0"], [*_SLEEPS, "sys.exit(7)"]
PARTS = [line.replace("0.01", "0.02") for line in _SLEEPS]
STUCK = [line.replace("sleep(0.01)", "Event().wait()") for line in _SLEEPS]
REPORT = {"schema", "outcome", "steps", "digest", "recorded_outcome", "divergence", "wall_seconds"}
DIVERGENCE = {"step", "event", "expected", "actual", "cause", "because", "where", "before"}


def recorded(directory: Path, lines: list[str], *options: str) -> None:
    written(directory, "program.py", lines)
    detrun("run", "program.py", "--journal", "j.bin", *options, cwd=directory)


@pytest.mark.parametrize(
    ("programs", "status", "outcomes"),
    [
        ((OK, OK), 0, ("same", "ok")),
        ((FAILS, FAILS), 1, ("same", "failed")),
        ((FAILS_BY_EXIT, FAILS_BY_EXIT), 1, ("same", "failed")),
        ((STUCK, STUCK), 1, ("same", "stuck")),
        ((OK, PARTS), 3, ("diverged", "ok")),
        ((FAILS, OK), 3, ("diverged", "failed")),
        ((OK, FAILS), 3, ("diverged", "ok")),
    ],
)
def test_a_report_has_what_became_of_both_runs(
    tmp_path: Path, programs: tuple[list[str], list[str]], status: int, outcomes: tuple[str, str]
) -> None:
    recorded(tmp_path, programs[0])
    written(tmp_path, "program.py", programs[1])

    ended = detrun("replay", "j.bin", "--code", "current", "-o", "json", cwd=tmp_path)
    told = json.loads(ended.stdout.splitlines()[-1])

    assert (ended.returncode, (told["outcome"], told["recorded_outcome"])) == (status, outcomes)
    assert set(told) == REPORT
    assert told["schema"] == "detrun.replay/1"
    assert (type(told["steps"]), type(told["wall_seconds"]), len(told["digest"])) == (int, float, 16)
    assert (told["divergence"] is None) == (outcomes[0] == "same")
    if told["divergence"] is not None:
        assert set(told["divergence"]) == DIVERGENCE
        assert told["divergence"]["cause"] == "changed code"
        assert all(isinstance(line, str) for line in told["divergence"]["before"])


def test_what_cannot_be_read_or_asked_for_has_a_status_of_its_own(tmp_path: Path) -> None:
    recorded(tmp_path, OK)
    (tmp_path / "nonsense.bin").write_bytes(b"nonsense")

    assert detrun("replay", "nonsense.bin", cwd=tmp_path).returncode == 4
    assert detrun("replay", "j.bin", "--until", "no", cwd=tmp_path).returncode == 2
    assert detrun("replay", cwd=tmp_path).returncode == 2


def test_only_a_terminal_is_told_how_far_a_replay_is(tmp_path: Path) -> None:
    lines = ["import asyncio", "async def main():", "    for _ in range(12_000):", "        sum(range(4_000))"]
    recorded(tmp_path, [*lines, "        await asyncio.sleep(0)", "asyncio.run(main())"])

    piped = detrun("replay", "j.bin", cwd=tmp_path)
    shown = at_terminal("replay", "j.bin", cwd=tmp_path)

    assert (piped.returncode, " of 12," in piped.stderr) == (0, False)
    assert " of 12," in shown
    assert "detrun: same" in shown


def at_terminal(*words: str, cwd: Path) -> str:
    """What a terminal shows of a command."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "detrun", *words], cwd=cwd, env=ENVIRONMENT, stdin=theirs, stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        shown = b""
        while data := _read(ours):
            shown += data
    os.close(ours)
    return shown.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""  # nobody is at the other end any more
