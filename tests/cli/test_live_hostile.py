"""Live journals that were cut or garbled, full disks, users who have had enough: a sentence and a status."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ENVIRONMENT, detrun, interrupted, written

# Talks to itself, some threads included: all that a live journal has.
TALK = """
import asyncio, os, time

async def handle(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for number in range(TIMES):
        data = os.urandom(1000)
        writer.write(data)
        assert await reader.readexactly(1000) == data
        if number % 50 == 0:
            await asyncio.to_thread(time.sleep, 0)
            await asyncio.to_thread(lambda: time.sleep(0.0001))
    writer.close()
    await asyncio.sleep(0.01)
    print("over")

asyncio.run(main())
"""
MANY, FEW = 1_000, 120


def recorded(directory: Path, times: int = FEW) -> Path:
    written(directory, "talk.py", TALK.replace("TIMES", str(times)).splitlines())
    ended = detrun("run", "--live", "--journal", "j.bin", "talk.py", cwd=directory)
    assert ended.returncode == 0, ended.stderr
    return directory / "j.bin"


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Bytes of which some are missing, others, or there twice."""
    at, other = chance.randrange(len(data)), chance.randrange(len(data))
    match chance.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        case 2:
            return data[:at] + bytes(min(100, len(data) - at)) + data[at + 100 :]
        case 3:
            return data[:at] + data[other : other + 5_000] + data[at:]
        case _:
            return data[:at] + chance.randbytes(len(data) - at)


def check_mutations(directory: Path, seed: int, times: int) -> None:
    data, chance = recorded(directory).read_bytes(), random.Random(seed)
    statuses = set()
    for _ in range(times):
        (directory / "m.bin").write_bytes(mutated(data, chance))
        ended = detrun("replay", "m.bin", cwd=directory)
        last = ended.stderr.splitlines()[-1]
        # Either it is whole up to there and the same, or somebody changed it, which is said.
        assert ended.returncode in {0, 4}, ended.stderr
        said = ("detrun: same: ",) if ended.returncode == 0 else ("detrun: expected ", "detrun: the journal ends ")
        assert last.startswith(said), ended.stderr
        statuses.add(ended.returncode)
    assert statuses == {0, 4}


def test_a_live_journal_that_was_cut_or_garbled_is_the_same_or_not_trusted(tmp_path: Path) -> None:
    check_mutations(tmp_path, 1, 8)


@pytest.mark.soak
def test_many_live_journals_that_were_cut_or_garbled_are_the_same_or_not_trusted(tmp_path: Path) -> None:
    check_mutations(tmp_path, 2, 150)


def test_a_live_journal_of_which_nothing_but_its_head_is_left_is_the_same_for_no_step(tmp_path: Path) -> None:
    data = recorded(tmp_path).read_bytes()
    heads = 0
    for size in range(100, 1_500, 250):
        (tmp_path / "m.bin").write_bytes(data[:size])
        ended = detrun("replay", "m.bin", cwd=tmp_path)
        assert ended.returncode in {0, 4}, ended.stderr
        heads += "same: 0 steps" in ended.stderr
    assert heads > 0


@pytest.mark.parametrize("options", [("--live",), ()])
def test_a_run_whose_journal_has_no_room_ends_with_a_sentence_and_replays_up_to_there(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    written(tmp_path, "talk.py", TALK.replace("TIMES", str(MANY)).splitlines())
    most = 20_000 if not options else 200_000

    ended = subprocess.run(
        [sys.executable, "-m", "detrun", "run", *options, "--journal", "j.bin", "talk.py"],
        cwd=tmp_path,
        # Bytecode that is cut off would stay, and be taken for whole.
        env=ENVIRONMENT | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )

    assert ended.returncode == 4
    assert "detrun: the journal j.bin cannot be written: file too large" in ended.stderr
    assert "Traceback" not in ended.stderr
    again = detrun("replay", "j.bin", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "recorded killed" in again.stderr


def test_a_journal_that_is_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    written(tmp_path, "talk.py", ["print(1)"])

    for words in (("run", "--live", "--journal", "folder", "talk.py"), ("replay", "folder"), ("why", "folder", "1")):
        ended = detrun(*words, cwd=tmp_path)
        assert ended.returncode == 2
        assert "is a directory" in ended.stderr


@pytest.mark.parametrize("options", [("--live",), ()])
def test_who_interrupts_a_replay_ends_it(tmp_path: Path, options: tuple[str, ...]) -> None:
    lines = ["import asyncio", "async def main():", "    print('began', flush=True)", "    for _ in range(100):"]
    lines += ["        sum(range(300_000))", "        await asyncio.sleep(0)", "asyncio.run(main())"]
    written(tmp_path, "busy.py", lines)
    assert detrun("run", *options, "--journal", "j.bin", "busy.py", cwd=tmp_path).returncode == 0

    ended = interrupted("replay", "j.bin", cwd=tmp_path, lines=("began",))

    assert ended.returncode == 130
    assert ended.stderr.splitlines()[-1] == "detrun: interrupted"
    assert "Traceback" not in ended.stderr
