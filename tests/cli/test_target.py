"""TARGET: a program runs as the interpreter would run it, and what names none is refused."""

import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from detrun.cli.target import load
from detrun.errors import UsageError
from tests.cli.command import detrun, python, written

# Says whatever a program can see of how it was started.
MIRROR = [
    "from __future__ import annotations",
    "import dataclasses, inspect, os, pickle, subprocess, sys, typing",
    "@dataclasses.dataclass",
    "class Point:",
    "    x: int",
    "print(pickle.loads(pickle.dumps(Point(1))), typing.get_type_hints(Point), len(inspect.getsource(Point)))",
    "print(__name__, __file__, __package__, __spec__ and __spec__.name, __doc__, type(__loader__), type(__builtins__))",
    "print(sys.modules['__main__'].__dict__ is globals(), sorted(globals()))",
    "print(sys.argv, sys.path[0], sys.flags, sys.warnoptions, sys.stdin.read())",
    "print(sorted(os.environ.items()), os.open(os.devnull, os.O_RDONLY), flush=True)",
    "subprocess.run(['env'])",
]


@pytest.fixture(autouse=True)
def _interpreter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    # `load` prepares the interpreter for a program; the tests need theirs back.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["detrun"])
    monkeypatch.setattr(sys, "path", sys.path.copy())
    with mock.patch.dict(sys.modules):
        yield


@pytest.mark.parametrize("options", [(), ("-X", "dev", "-W", "error::UserWarning"), ("-P",)])
@pytest.mark.parametrize("seed", [{}, {"PYTHONHASHSEED": "random"}, {"PYTHONHASHSEED": "12"}])
def test_a_file_sees_what_it_sees_without_us(tmp_path: Path, options: tuple[str, ...], seed: dict[str, str]) -> None:
    name = written(tmp_path, "programs/mirror.py", MIRROR)

    ours = python(*options, "-m", "detrun", "run", name, "--", "a b", "--c", cwd=tmp_path, given="hello", **seed)
    theirs = python(*options, name, "a b", "--c", cwd=tmp_path, given="hello", **seed)

    assert ours.stdout == theirs.stdout
