"""How a simulated run is ended from outside: by its user, or because its journal is full."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from detrun.journal.reader import Journal
from tests.cli.command import detrun, interrupted, written

ASLEEP = [
    "import asyncio",
    "async def main():",
    "    try:",
    "        for _ in range(1_000): await asyncio.sleep(0)",
    "        print('ready', flush=True)",
    "        while True: await asyncio.sleep(0)",
    "    finally:",
    "        print('unwound', flush=True)",
    "asyncio.run(main())",
]
STUBBORN = [
    "word = 'ready'",
    "while True:",
    "    try:",
    "        print(word, flush=True)",
    "        while True: pass",
    "    except KeyboardInterrupt:",
    "        word = 'no'",
]


def stopped(folder: Path, lines: list[str], *said: str) -> subprocess.CompletedProcess[str]:
    """A run that is interrupted each time that it says this."""
    program = written(folder, "program.py", lines)
    return interrupted("run", "--journal", "journal.bin", "--max-steps", str(10**12), program, cwd=folder, lines=said)


def test_the_first_interrupt_unwinds_the_program_and_names_its_journal(tmp_path: Path) -> None:
    ended = stopped(tmp_path, ASLEEP, "ready")

    assert (ended.returncode, ended.stdout) == (130, "unwound\n")
    assert "detrun: the journal has the run up to here: journal.bin\n" in ended.stderr
    assert Journal(tmp_path / "journal.bin").last_step() > 0
    again = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=os.pathsep.join(sys.path))
    assert "detrun: same: " in again.stderr


def test_the_second_interrupt_ends_the_process_at_once(tmp_path: Path) -> None:
    ended = stopped(tmp_path, STUBBORN, "ready", "no")

    assert ended.returncode == 130
    assert "ended at once; the journal is whole up to its last block: journal.bin" in ended.stderr
    assert Journal(tmp_path / "journal.bin").header.target == "program.py"


BUSY = [
    "import asyncio, random",
    "async def main():",
    "    async def one():",
    "        while True: await asyncio.sleep(random.random())",
    "    try:",
    "        await asyncio.gather(*(one() for _ in range(10)))",
    "    finally:",
    "        print('unwound')",
    "asyncio.run(main())",
]


@pytest.mark.parametrize("strategy", ["random", "default"])
def test_a_simulated_run_whose_journal_is_full_ends_and_is_replayed_to_its_end(tmp_path: Path, strategy: str) -> None:
    program = written(tmp_path, "program.py", BUSY)
    words = ("run", program, "--journal", "journal.bin", "--max-journal", "1MB", "--strategy", strategy)
    path = os.pathsep.join(sys.path)

    ended = detrun(*words, "--max-steps", "100000000", cwd=tmp_path, PYTHONPATH=path)
    again = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=path)

    assert "the journal may take 1.0 MB; when it is full the run ends" in ended.stderr
    assert "its limit of 1,000,000 bytes of journal: raise it with --max-journal" in ended.stderr
    assert (ended.returncode, ended.stdout) == (1, "unwound\n")
    assert 900_000 < (tmp_path / "journal.bin").stat().st_size <= 1_050_000
    assert (again.returncode, again.stdout) == (1, "unwound\n")
    assert "detrun: same: " in again.stderr


@pytest.mark.parametrize("size", ["10", "999kB", "much"])
def test_a_journal_gets_no_bound_that_means_nothing(tmp_path: Path, size: str) -> None:
    assert detrun("run", written(tmp_path, "program.py", ["pass"]), "--max-journal", size, cwd=tmp_path).returncode == 2
