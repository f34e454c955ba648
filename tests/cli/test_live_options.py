"""What `detrun run --live` is asked for beside a program: bounds, a seed, chaos; and what it says of its run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from detrun.journal.reader import Journal
from tests.cli.command import detrun, interrupted, written


def ran(folder: Path, lines: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    """A live run of a program of these lines, to its end."""
    words = ("run", "--live", "--journal", "journal.bin", *options, written(folder, "program.py", lines))
    return detrun(*words, cwd=folder, PYTHONPATH=os.pathsep.join(sys.path))


REFUSED = [("--strategy", "random"), ("--level", "1"), ("--faults", "reset"), ("--start-time", "2026-01-31")]


@pytest.mark.parametrize(("option", "value"), REFUSED)
def test_what_has_no_meaning_in_a_live_run_is_refused(tmp_path: Path, option: str, value: str) -> None:
    ended = ran(tmp_path, ["pass"], option, value)

    assert ended.returncode == 2
    assert f"expected no {option} with --live: " in ended.stderr
    assert not (tmp_path / "journal.bin").exists()


DRAWS = ["import asyncio, random, secrets", "async def main():", "    print(random.random(), secrets.token_hex())"]
DRAWS += ["asyncio.run(main())"]


def test_a_seed_names_a_live_run_and_decides_what_it_draws_if_that_is_asked_for(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    first, second, third = (
        ran(folder, DRAWS, "--entropy", "seeded", "--seed", seed)
        for folder, seed in zip(folders, ("5", "5", "6"), strict=True)
    )

    assert first.stdout == second.stdout != third.stdout
    assert "keys and tokens can be guessed" in first.stderr
    assert "seed 5" in first.stderr
    assert Journal(folders[0] / "journal.bin").header.seed == "5"
    again = detrun("replay", "journal.bin", cwd=folders[0], PYTHONPATH=os.pathsep.join(sys.path))
    assert (again.returncode, again.stdout) == (0, first.stdout)


ENDLESS = [
    "import asyncio, os",
    "async def main():",
    "    try:",
    "        while True:",
    "            os.urandom(100_000)",
    "            await asyncio.sleep(0.001)",
    "    finally:",
    "        print('unwound')",
    "asyncio.run(main())",
]
BOUNDS = [
    (("--max-time", "0.3"), "its limit of 0.3 seconds"),
    (("--max-steps", "50"), "its limit of 50 steps"),
    (("--max-journal", "3MB"), "its limit of 3,000,000 bytes of journal"),
]


@pytest.mark.parametrize(("options", "told"), BOUNDS)
def test_a_bound_ends_a_live_run_whose_journal_gives_it_back_to_the_end(
    tmp_path: Path, options: tuple[str, str], told: str
) -> None:
    ended = ran(tmp_path, ENDLESS, *options)

    assert ended.returncode == 1
    assert f"the run reached {told}: raise it with {options[0]}" in ended.stderr
    assert ended.stdout == "unwound\n"
    again = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=os.pathsep.join(sys.path))
    assert again.returncode == 1
    assert "detrun: same: " in again.stderr
    assert f"the run reached {told}" in again.stderr
    assert again.stdout == "unwound\n"


def test_a_journal_that_has_a_bound_says_so_and_keeps_to_it(tmp_path: Path) -> None:
    ended = ran(tmp_path, ENDLESS, "--max-journal", "2MB")

    assert "the journal may take 2.0 MB; when it is full the run ends" in ended.stderr
    assert 1_800_000 < (tmp_path / "journal.bin").stat().st_size <= 2_100_000


FAILING = [
    "import asyncio",
    "async def main():",
    "    asyncio.get_running_loop().call_soon(lambda: 1 / 0)",
    "    await asyncio.sleep(0.05)",
    "    asyncio.get_running_loop().call_soon(lambda: 1 / 0)",
    "    await asyncio.sleep(0.05)",
    "asyncio.run(main())",
]


def test_a_failure_that_nobody_handles_seals_the_journal_once_in_a_while(tmp_path: Path) -> None:
    ended = ran(tmp_path, FAILING)

    assert ended.returncode == 0
    assert ended.stderr.count("sealed up to here: journal.bin") == 1
    again = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=os.pathsep.join(sys.path))
    assert again.returncode == 0


def test_a_live_run_that_fails_names_its_journal_and_how_to_repeat_it(tmp_path: Path) -> None:
    ended = ran(tmp_path, ["assert False"])

    assert ended.returncode == 1
    assert "journal journal.bin" in ended.stderr
    assert ended.stderr.splitlines()[-1].endswith("detrun replay journal.bin")


STUBBORN = [
    "import asyncio, signal",
    "async def main():",
    "    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: print('no', flush=True))",
    "    print('ready', flush=True)",
    "    await asyncio.sleep(60)",
    "asyncio.run(main())",
]


def test_the_second_interrupt_ends_a_live_run_at_once_and_names_its_journal(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", STUBBORN)
    ended = interrupted("run", "--live", "--journal", "journal.bin", program, cwd=tmp_path, lines=("ready", "no"))

    assert ended.returncode == 130
    assert "ended at once; the journal is whole up to its last block: journal.bin" in ended.stderr
    again = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=os.pathsep.join(sys.path))
    assert "detrun: same: " in again.stderr


def test_what_comes_by_standard_input_is_read_by_the_loop_and_had_again_without_it(tmp_path: Path) -> None:
    lines = [
        "import asyncio, sys",
        "async def main():",
        "    reader = asyncio.StreamReader()",
        "    make = lambda: asyncio.StreamReaderProtocol(reader)",
        "    await asyncio.get_running_loop().connect_read_pipe(make, sys.stdin)",
        "    print((await reader.read()).decode())",
        "asyncio.run(main())",
    ]
    words = ("run", "--live", "--journal", "journal.bin", written(tmp_path, "program.py", lines))
    ended = detrun(*words, cwd=tmp_path, given="some words", PYTHONPATH=os.pathsep.join(sys.path))
    again = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=os.pathsep.join(sys.path))

    assert (ended.returncode, ended.stdout) == (0, "some words\n")
    assert (again.returncode, again.stdout) == (0, "some words\n")


READING = [
    "import asyncio",
    "async def main():",
    "    with open('numbers.txt') as file:",
    "        times = int(file.read())",
    "    reader, writer = await asyncio.open_connection('127.0.0.1', PORT)",
    "    for _ in range(times):",
    "        writer.write(b'x')",
    "        await asyncio.sleep(0.001)",
    "    writer.close()",
    "asyncio.run(main())",
]


def test_a_file_of_the_programs_own_that_changed_is_named_where_a_replay_parts(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("3")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = ran(tmp_path, [line.replace("PORT", str(listener.getsockname()[1])) for line in READING])
    assert ended.returncode == 0

    path = os.pathsep.join(sys.path)
    same = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=path)
    numbers.write_text("5")
    parted = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=path)

    assert same.returncode == 0
    assert parted.returncode == 3
    assert parted.stderr.startswith("detrun: diverged at step ")
    assert f"cause     environment: the file {numbers} is not what it was" in parted.stderr
    assert "program.py:7 in main: writer.write(b'x')" in parted.stderr


def test_chaos_is_for_live_runs(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", DRAWS)

    refused = detrun("run", "--chaos", program, cwd=tmp_path, PYTHONPATH=os.pathsep.join(sys.path))
    ended = ran(tmp_path, DRAWS, "--chaos", "--seed", "3")

    assert refused.returncode == 2
    assert "expected --chaos with --live only" in refused.stderr
    assert ended.returncode == 0
    assert "detrun: live, chaos, entropy real, journal journal.bin" in ended.stderr
    assert Journal(tmp_path / "journal.bin").header.configuration["chaos"] == "True"


ASLEEP = [
    "import time",
    "try:",
    "    print('ready', flush=True)",
    "    time.sleep(60)",
    "finally:",
    "    print('unwound')",
]


def test_an_interrupt_wakes_a_program_that_sleeps(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ASLEEP)
    words = ("run", "--live", "--journal", "journal.bin", program)
    # A little later, so that it does sleep.
    ended = interrupted(*words, cwd=tmp_path, lines=("ready",), after=0.2)
    again = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=os.pathsep.join(sys.path))

    assert (ended.returncode, ended.stdout) == (130, "unwound\n")
    assert again.stdout == "ready\nunwound\n"
    assert "detrun: same: " in again.stderr


def test_it_is_said_what_a_replay_will_have_a_stand_in_for(tmp_path: Path) -> None:
    lines = [
        "import asyncio, sqlite3",
        "async def main():",
        "    for _ in range(2):",
        "        base = await asyncio.to_thread(sqlite3.connect, ':memory:', check_same_thread=False)",
        "        rows = await asyncio.to_thread(base.execute, 'select 1, ?', ('words',))",
        "        print(await asyncio.to_thread(rows.fetchall))",
        "        await asyncio.to_thread(base.close)",
        "asyncio.run(main())",
    ]

    ended = ran(tmp_path, lines)
    again = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=os.pathsep.join(sys.path))

    assert ended.returncode == again.returncode == 0
    assert ended.stdout == again.stdout == "[(1, 'words')]\n" * 2
    assert ended.stderr.count("what a job gave, a sqlite3.Connection, cannot be written down") == 1
