"""Nothing leaks in: all of the standard library says the same to the same program in another process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cli.command import ENVIRONMENT

ROOT = Path(__file__).parents[3]

# What may differ from process to process, and why.
ALLOWED = {
    "gc.collect",  # how much garbage the interpreter had, from its past too
    "gc.get_freeze_count",  # how many objects the interpreter had when `gc.freeze` was called, just before this
    "sys.getallocatedblocks",  # the memory of the interpreter, which has a past
    "sys.getunicodeinternedsize",
    "wsgiref.handlers.read_environ",  # the environment: each process has another PYTHONHASHSEED here
}


def found(directory: Path, seed: int, *words: str) -> dict[str, str]:
    """What all calls gave in a process with this hash seed, and nothing lying around from the one before."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    variables = {"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT), "TMPDIR": str(directory), "HOME": "/nowhere"}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.scheduler.world.leaks", *words],
        env=ENVIRONMENT | variables,
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    said: dict[str, str] = json.loads(ended.stdout)
    return said


def leaks(directory: Path, *words: str) -> dict[str, tuple[str, str]]:
    """What differs between two processes, by name."""
    one, other = (found(directory / "here", seed, *words) for seed in (1, 2))
    assert one.keys() == other.keys()
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


def test_the_standard_library_says_the_same_in_another_process(tmp_path: Path) -> None:
    differing = leaks(tmp_path)

    assert {name: told for name, told in differing.items() if name not in ALLOWED} == {}


def test_a_leak_is_noticed(tmp_path: Path) -> None:
    noticed = leaks(tmp_path, "random", "secrets", "tempfile", "time", "uuid").keys()

    assert noticed >= {"random.random", "secrets.token_hex", "tempfile.mktemp", "time.time_ns", "uuid.uuid4"}
