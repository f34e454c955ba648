"""`detrun replay` with a debugger, and `detrun why`."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.command import ENVIRONMENT, detrun, written

PROGRAM = [
    "import asyncio",
    "async def child(queue):",
    "    await asyncio.sleep(0.01)",
    "    await queue.put(7)",
    "async def main():",
    "    queue = asyncio.Queue()",
    "    task = asyncio.create_task(child(queue))",
    "    number = await queue.get()",
    "    await asyncio.sleep(0.02)",
    "    print('number', number)",
    "asyncio.run(main())",
]


def recorded(directory: Path) -> None:
    program = written(directory, "program.py", PROGRAM)
    assert detrun("run", program, "--journal", "j.bin", cwd=directory).returncode == 0


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--pdb-at", "1"), "program.py(1)"),
        (("--pdb-at", "3"), "program.py(4)"),
        (("--break", "program.py:10"), "program.py(10)main()"),
    ],
)
def test_a_replay_stops_in_the_debugger(tmp_path: Path, options: tuple[str, ...], line: str) -> None:
    recorded(tmp_path)

    ended = detrun("replay", "j.bin", *options, cwd=tmp_path, given="p 6 * 7\nc\n")

    assert line in ended.stdout
    assert "(Pdb) 42\n" in ended.stdout
    assert "number 7" in ended.stdout
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("given", ["q\n", "exit\n", ""])
@pytest.mark.parametrize("options", [("--pdb-at", "3"), ("--break", "program.py:10")])
def test_who_leaves_the_debugger_ends_the_replay(tmp_path: Path, options: tuple[str, ...], given: str) -> None:
    recorded(tmp_path)

    ended = detrun("replay", "j.bin", *options, cwd=tmp_path, given=given)

    assert (ended.returncode, ended.stderr.strip()) == (0, "detrun: the debugger was left, and the replay with it")
    assert "number" not in ended.stdout.partition("(Pdb)")[2]


def test_the_debugger_is_at_a_terminal(tmp_path: Path) -> None:
    recorded(tmp_path)
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "detrun", "replay", "j.bin", "--break", "program.py:10"]
    process = subprocess.Popen(words, cwd=tmp_path, env=ENVIRONMENT, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)

    shown = _until(ours, "(Pdb)")
    os.write(ours, b"p number * 6\nc\n")
    shown += _until(ours, "same")

    assert "42" in shown
    assert process.wait(20) == 0
    os.close(ours)


@pytest.mark.parametrize("line", ["program.py", "program.py:1000", "nothing.py:1"])
def test_a_line_that_is_none_is_refused(tmp_path: Path, line: str) -> None:
    recorded(tmp_path)

    assert detrun("replay", "j.bin", "--break", line, cwd=tmp_path).returncode == 2


def test_events_are_told_of_from_a_step_on(tmp_path: Path) -> None:
    recorded(tmp_path)

    told = detrun("replay", "j.bin", "--from", "4", cwd=tmp_path).stderr

    assert "detrun: step 2:" not in told
    assert "main/timer" in told


def test_why_tells_what_an_event_follows_from(tmp_path: Path) -> None:
    recorded(tmp_path)
    last = json.loads(detrun("journal", "show", "j.bin", "-o", "json", cwd=tmp_path).stdout)["entries"][-1]["step"]

    ended = detrun("why", "j.bin", str(last), "-o", "json", cwd=tmp_path)
    told = json.loads(ended.stdout)

    assert ended.returncode == 0
    assert [int(link["where"].split(":")[1].split()[0]) for link in told["links"]] == [9, 3]
    assert [link["asked"] is not None for link in told["links"]] == [True, True]
    assert "the beginning" in detrun("why", "j.bin", str(last), cwd=tmp_path).stdout.splitlines()


@pytest.mark.parametrize("words", ["why j.bin 1000000", "replay j.bin --pdb-at 1000000", "replay j.bin --from 1000000"])
def test_a_step_that_never_was_is_refused(tmp_path: Path, words: str) -> None:
    recorded(tmp_path)

    ended = detrun(*words.split(), cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith(", got 1000000\n")
    assert ended.stderr.startswith("detrun: expected a step of the journal, up to ")


def _until(descriptor: int, text: str) -> str:
    shown, end = "", time.monotonic() + 20
    while text not in shown and time.monotonic() < end:
        if select.select([descriptor], [], [], 0.1)[0]:
            shown += os.read(descriptor, 4096).decode()
    assert text in shown, shown
    return shown
