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
    "import dataclasses, inspect, os, pickle, sys, typing",
    "@dataclasses.dataclass",
    "class Point:",
    "    x: int",
    "print(pickle.loads(pickle.dumps(Point(1))), typing.get_type_hints(Point), len(inspect.getsource(Point)))",
    "print(__name__, __file__, __package__, __spec__ and __spec__.name, __doc__, type(__loader__), type(__builtins__))",
    "print(sys.modules['__main__'].__dict__ is globals(), sorted(globals()))",
    "print(sys.argv, sys.path[0], sys.flags, sys.warnoptions, sys.stdin.read())",
    "print(sorted(os.environ.items()), os.open(os.devnull, os.O_RDONLY), flush=True)",
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


def test_a_module_sees_what_it_sees_without_us(tmp_path: Path) -> None:
    written(tmp_path, "package/__init__.py", [])
    written(tmp_path, "package/mirror.py", MIRROR)

    ours = detrun("run", "package.mirror", "--", "a b", "--c", cwd=tmp_path, given="hello")
    theirs = python("-m", "package.mirror", "a b", "--c", cwd=tmp_path, given="hello")

    assert ours.stdout == theirs.stdout


def test_a_package_runs_its_main_module(tmp_path: Path) -> None:
    written(tmp_path, "package/__init__.py", [])
    written(tmp_path, "package/__main__.py", MIRROR)

    assert detrun("run", "package", cwd=tmp_path).stdout == python("-m", "package", cwd=tmp_path).stdout


@pytest.mark.parametrize("target", ["programs/some.py:main", "programs.some:main"])
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_function_is_called_in_a_module_of_its_own_name(tmp_path: Path, target: str, kind: str) -> None:
    name = "some" if ".py" in target else "programs.some"
    written(
        tmp_path,
        "programs/some.py",
        [
            "import pickle, sys",
            "class Point: pass",
            f"{kind} main():",
            " pickle.dumps(Point())",
            " print(__name__, sys.argv[1:])",
        ],
    )

    assert detrun("run", target, "--", "a", cwd=tmp_path).stdout == f"{name} ['a']\n"


def test_a_file_is_run_anew_and_a_function_is_imported_once(capsys: pytest.CaptureFixture[str]) -> None:
    written(Path(), "some.py", ["print('top')", "def main(): print('main')"])

    for target in ("some.py", "some.py:main"):
        program = load(target, [])
        program()
        program()

    assert capsys.readouterr().out.split() == ["top", "top", "top", "main", "main"]


def test_a_script_leaves_no_bytecode_behind(tmp_path: Path) -> None:
    written(tmp_path, "some.py", ["pass"])

    detrun("run", "some.py", cwd=tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [".detrun", "some.py"]


@pytest.mark.parametrize("target", ["some.py:main", "some:main", "package.some"])
def test_what_cannot_be_imported_has_failed_as_a_program(target: str) -> None:
    written(Path(), "some.py", ["import nothing_of_this_name"])
    written(Path(), "package/__init__.py", ["import nothing_of_this_name"])
    program = load(target, [])

    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        program()


REFUSALS = [
    ("nothing.py", "expected a file or a module, got neither: nothing.py"),
    ("nothing", "expected a file or a module, got neither: nothing"),
    ("package.nothing", "expected a file or a module, got neither: package.nothing"),
    ("nothing.nothing:main", "expected a file or a module, got neither: nothing.nothing"),
    ("transfr.py", "expected a file or a module, got neither (did you mean 'transfer.py'?): transfr.py"),
    ("transfer.p", "expected a file or a module, got neither (did you mean 'transfer.py'?): transfer.p"),
    ("package/transfr.py", "got neither (did you mean 'package/transfer.py'?): package/transfr.py"),
    ("directory", "expected a program, got a directory: directory\nan application is run with --scenario"),
    (".", "expected a program, got a directory: ."),
    ("nothing --scenario transfer.py:main", "expected the directory of an application, found nothing: nothing"),
    ("transfer.py --scenario transfer.py:main", "expected the directory of an application, found a file: transfer.py"),
    ("directory --scenario transfer.py", "expected a scenario as file.py:function, got transfer.py"),
    (
        "directory --scenario transfr.py:main",
        "a scenario, found none (did you mean 'transfer.py'?): transfr.py",
    ),
    ("transfer.py:", "expected the name of a function after the colon, got '': transfer.py:"),
    ("transfer.py:a b", "expected the name of a function after the colon, got 'a b'"),
    ("transfer.py:mian", "expected a function 'mian', got none (did you mean 'main'?): transfer.py"),
    ("transfer.py:xyz", "expected a function 'xyz', got none: transfer.py"),
    ("transfer.py:TOTAL", "expected a function 'TOTAL', got 300: transfer.py"),
    ("transfer.py:move", "expected a function that needs no arguments, got move(source, *, amount=1): transfer.py"),
    ("run.bin", "expected a program, got a journal: run.bin\nit is run again by detrun replay"),
    ("sys.py:main", "expected a name that no imported module has, got 'sys': rename sys.py"),
]


@pytest.mark.parametrize(("target", "sentence"), REFUSALS)
def test_what_names_no_program_is_refused(target: str, sentence: str) -> None:
    written(Path(), "package/__init__.py", [])
    Path("directory").mkdir()
    written(Path(), "run.bin", ["detrun journal 3 0.1.0"])
    for name in ("transfer.py", "package/transfer.py", "sys.py"):
        written(Path(), name, ["TOTAL = 300", "def main(): pass", "def move(source, *, amount=1): pass"])

    with pytest.raises(UsageError) as refusal:
        load(target, [])

    assert sentence in str(refusal.value)
