"""`detrun run --live` as a process: what it says, what a signal does, and that its journal gives the run back."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from detrun.journal.reader import Journal
from detrun.live.program import run
from detrun.live.recorded import Recorded
from detrun.model import Run
from detrun.recording.replaying import Enough, Replaying
from tests.cli.command import ENVIRONMENT, detrun, written

ECHO = """
import asyncio, sys

async def handle(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", PORT)
    try:
        await server.serve_forever()
    finally:
        print("bye")
"""


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The server as a live run, ready for clients."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    (folder / "echo.py").write_text(ECHO.replace("PORT", str(port)))
    words = [sys.executable, "-m", "detrun", "run", "--live", "--journal", "journal.bin", *options, "echo.py:main"]
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        try:
            _await(port)
            yield server, port
        finally:
            server.kill()


def _await(port: int) -> None:
    for _ in range(500):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise TimeoutError("nobody serves")


def talk(port: int, times: int = 100) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        for number in range(times):
            sock.sendall(b"%d" % number)
            assert sock.recv(100) == b"%d" % number


def again(folder: Path) -> tuple[Run, Replaying]:
    """The run that the journal has, from its own start."""
    spec = importlib.util.spec_from_file_location(f"echo_{folder.name}", folder / "echo.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path = folder / "journal.bin"
    verifying = Replaying(Journal(path).entries())
    return run(module.main, Recorded(Journal(path).entries()), verifying), verifying


def test_a_server_that_is_interrupted_once_ends_well_and_its_journal_gives_it_back(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, port):
        talk(port)
        server.send_signal(signal.SIGINT)
        said, told = server.communicate(timeout=20)

    assert server.returncode == 130
    assert said == "bye\n"
    assert "detrun: live, entropy real, journal journal.bin" in told
    result, verifying = again(tmp_path)
    assert verifying.difference is None
    assert f"digest {result.digest}" in told


@pytest.mark.filterwarnings("ignore:unclosed transport", "ignore:loop is closed")
def test_the_journal_of_a_server_that_was_killed_has_all_that_anybody_saw_of_it(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, port):
        talk(port, 50)
        server.kill()
        server.wait()

    result, verifying = again(tmp_path)
    assert verifying.difference is None
    assert isinstance(result.error, Enough) or result.exit_code == 137
    del result, verifying
    gc.collect()  # what a killed program left open complains here, where it is expected to
    sent = [entry for entry in Journal(tmp_path / "journal.bin").entries() if type(entry).__name__ == "Emitted"]
    assert len(sent) >= 50


def test_a_segment_is_sealed_for_whoever_asks_and_the_server_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, port):
        talk(port)
        server.send_signal(signal.SIGUSR2)
        talk(port)
        assert (tmp_path / "journal.bin.1").exists()
        server.send_signal(signal.SIGTERM)
        _, told = server.communicate(timeout=20)

    assert server.returncode == 143
    assert "sealed up to here: journal.bin" in told


def test_what_is_secret_is_not_in_the_journal_if_that_is_asked_for(tmp_path: Path) -> None:
    with serving(tmp_path, "--redact", "--secret", "PIN=eight-ducks") as (server, port):
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nAuthorization: Bearer tiger\r\n\r\neight-ducks")
            assert b"tiger" in sock.recv(1000)
        server.send_signal(signal.SIGINT)
        _, told = server.communicate(timeout=20)
    assert "the journal holds what was received, with pseudonyms for header authorization" in told
    journal = Journal(tmp_path / "journal.bin")
    payloads = b"".join(getattr(entry, "payload", b"") for entry in journal.entries())

    assert b"GET / HTTP/1.1" in payloads
    assert b"tiger" not in payloads
    assert b"eight-ducks" not in payloads
    assert "secret PIN" in journal.header.redacted


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
    words = [sys.executable, "-m", "detrun", "run", "--live", "--journal", "journal.bin"]
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [*words, written(tmp_path, "program.py", STUBBORN)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in ("ready\n", "no\n"):
            assert process.stdout.readline() == line
            process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "ended at once; the journal is whole up to its last block: journal.bin" in told
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
    words = [sys.executable, "-m", "detrun", "run", "--live", "--journal", "journal.bin"]
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [*words, written(tmp_path, "program.py", ASLEEP)],
        cwd=tmp_path,
        env=ENVIRONMENT | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.2)  # so that it sleeps
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=10)
    again = detrun("replay", "journal.bin", cwd=tmp_path, PYTHONPATH=path)

    assert (process.returncode, said) == (130, "unwound\n")
    assert again.stdout == "ready\nunwound\n"
    assert "detrun: same: " in again.stderr
