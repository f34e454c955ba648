"""`detrun journal` in this process, and journals to give it."""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from detrun.cli import commands
from tests.journal import compat

CORPUS = Path(__file__).parents[2] / "journals" / "compat" / "1"
COMMANDS = ("ls", "show", "verify", "diff", "export", "share")
INTERNAL = 70


class Ended(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """The one object that was printed."""
        return json.loads(self.stdout)

    def objects(self) -> list[Any]:
        """The objects that were printed, one a line."""
        return [json.loads(line) for line in self.stdout.splitlines()]


class Journal:
    """Runs `detrun journal` with the words it is called with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: object) -> Ended:
        self._monkeypatch.setattr(sys, "argv", ["detrun", "journal", *map(str, words)])
        self._capsys.readouterr()
        status = commands.status()
        sys.stdout.flush()
        return Ended(status, *self._capsys.readouterr())


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Journal:
    monkeypatch.chdir(tmp_path)
    return Journal(monkeypatch, capsys)


def words(command: str, path: Path) -> list[object]:
    """The words with which a command looks at this journal."""
    match command:
        case "diff":
            return [command, path, CORPUS / "lean.bin"]
        case "share":
            return [command, path, "-O", path.with_name(f"{path.name}.shared")]
        case _:
            return [command, path]


def corpus(name: str) -> tuple[Path, compat.Story]:
    """A journal of the corpus, and what it says."""
    return CORPUS / f"{name}.bin", compat.STORIES[name]
