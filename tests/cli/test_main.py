"""The entry of the command line: help, version, and how the process ends."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NoReturn

import pytest

from detrun.cli import commands, main
from tests.cli.command import ENVIRONMENT, detrun, python, written

ROOT = Path(__file__).parents[2]


def test_the_version_is_the_one_that_is_packaged(tmp_path: Path) -> None:
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert detrun("--version", cwd=tmp_path).stdout == f"detrun {packaged}\n"


def test_what_runs_no_program_imports_nothing_that_could(tmp_path: Path) -> None:
    imported = "import sys, detrun.cli.main; print(sys.modules.keys() & {'asyncio', 'msgspec', 'detrun.cli.run'})"

    assert python("-c", imported, cwd=tmp_path).stdout == "set()\n"


@pytest.mark.parametrize("command", main.RUNNING)
def test_the_interpreter_is_started_again_before_it_imports_what_costs(tmp_path: Path, command: str) -> None:
    words = ("-X", "importtime", "-m", "detrun", command, "nothing.bin")

    told = python(*words, cwd=tmp_path, PYTHONHASHSEED="random").stderr.splitlines()

    imported = [line.rpartition("|")[2].strip() for line in told if line.startswith("import time:")]
    assert [imported.count(module) for module in ("detrun.cli.main", "click")] == [2, 1]


@pytest.mark.parametrize("words", [("run", "-h"), ("replay", "--help"), ("--version",), ("journal", "ls"), ("doctor",)])
def test_what_runs_no_program_starts_one_interpreter(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = python("-X", "importtime", "-m", "detrun", *words, cwd=tmp_path, PYTHONHASHSEED="random").stderr

    assert told.count("| detrun.cli.main\n") + told.count("   detrun.cli.main\n") == 1


def test_help_shows_every_command_that_exists(tmp_path: Path) -> None:
    _, _, listed = detrun("--help", cwd=tmp_path).stdout.partition("Commands:\n")

    assert [line.split()[0] for line in listed.splitlines()] == list(commands.COMMANDS)


@pytest.mark.parametrize(
    "words", [(), ("replay",), ("run",), ("run", "x.py", "--sed", "1"), ("run", "x.py", "--seed", "-1")]
)
def test_what_cannot_be_meant_is_a_usage_error(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = detrun(*words, cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr


@pytest.mark.parametrize(
    ("words", "meant"), [(("ru",), "'run'"), (("journal", "shwo"), "'show'"), (("journals",), "'journal'")]
)
def test_who_mistypes_a_command_is_told_which_one_there_is(tmp_path: Path, words: tuple[str, ...], meant: str) -> None:
    ended = detrun(*words, cwd=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.endswith(f"Error: No such command {words[-1]!r}. Did you mean {meant}?\n")


def test_windows_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(SystemExit, match="2"):
        main.main()

    assert capsys.readouterr().err.startswith("detrun: expected Linux or macOS, got Windows")


def test_an_error_of_our_own_asks_to_be_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> NoReturn:
        raise RuntimeError("a bug")

    monkeypatch.setattr(commands.commands, "main", fail)

    with pytest.raises(SystemExit, match="70"):
        main.main()

    assert "RuntimeError: a bug\ndetrun: this is an error of detrun itself" in capsys.readouterr().err


BUSY = ["print('ready', flush=True)", "while True: pass"]
ASLEEP = [
    "import asyncio",
    "async def main():",
    "    print('ready', flush=True)",
    "    while True: await asyncio.sleep(0)",
    "asyncio.run(main())",
]
STUBBORN = [*ASLEEP[:-1], "try:", "    asyncio.run(main())", "except KeyboardInterrupt:", "    pass"]


@pytest.mark.parametrize("program", [BUSY, ASLEEP, STUBBORN])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_ends_the_process_without_a_traceback(
    tmp_path: Path, program: list[str], number: int, status: int
) -> None:
    words = [
        sys.executable,
        "-m",
        "detrun",
        "run",
        written(tmp_path, "program.py", program),
        "--max-steps",
        str(10**12),
    ]
    with subprocess.Popen(
        words, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)

    assert process.returncode == status
    assert "Traceback" not in errors


@pytest.mark.parametrize("words", [["--help"], ["run", "program.py"], ["run", "program.py", "-o", "json"]])
def test_a_reader_who_leaves_hears_no_complaint(tmp_path: Path, words: list[str]) -> None:
    written(tmp_path, "program.py", ["print('hello')"])
    reading, writing = os.pipe()
    os.close(reading)

    ended = subprocess.run(
        [sys.executable, "-m", "detrun", *words],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)

    assert b"Broken" not in ended.stderr
    assert ended.returncode == (1 if words == ["--help"] else 0)
