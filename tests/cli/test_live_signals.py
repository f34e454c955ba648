"""Signals that others send to a live program reach it, and come again at replay."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ENVIRONMENT, detrun, written

WAITS = """
import asyncio, signal, sys

async def main():
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in sys.argv[1:]:
        loop.add_signal_handler(getattr(signal, name), print, "handled", name)
    loop.add_signal_handler(signal.SIGTERM, over.set)
    print("up", flush=True)
    while not over.is_set():
        await asyncio.sleep(0.01)
    print("over")

asyncio.run(main())
"""


def ended(directory: Path, handled: tuple[str, ...], sent: tuple[str, ...]) -> tuple[int, str]:
    """What a program that handles these signals writes when it is sent those, and its exit status."""
    written(directory, "waits.py", WAITS.splitlines())
    words = [sys.executable, "-m", "detrun", "run", "--live", "--journal", "j.bin", "waits.py", "--", *handled]
    with subprocess.Popen(
        words, cwd=directory, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stdout is not None
        wrote = program.stdout.readline()
        for name in sent:
            program.send_signal(getattr(signal, name))
        wrote += program.communicate(timeout=20)[0]
        return program.returncode, wrote


@pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR1"])
def test_a_signal_that_a_program_handles_reaches_it_and_comes_again(tmp_path: Path, name: str) -> None:
    status, wrote = ended(tmp_path, (name,), (name, "SIGTERM"))
    again = detrun("replay", "j.bin", cwd=tmp_path)

    assert (status, wrote) == (0, f"up\nhandled {name}\nover\n")
    assert (again.returncode, again.stdout) == (0, wrote), again.stderr


@pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR1"])
def test_a_signal_that_nobody_handles_ends_a_live_program_with_a_whole_journal(tmp_path: Path, name: str) -> None:
    status, wrote = ended(tmp_path, (), (name,))
    again = detrun("replay", "j.bin", cwd=tmp_path)

    assert (status, wrote) == (128 + getattr(signal, name), "up\n")
    assert (again.returncode, again.stdout) == (1, wrote), again.stderr
    assert f"killed by {name}" in again.stderr
