"""What a program reads of its surroundings: which variables of the environment, and which files with which contents."""

from __future__ import annotations

import os
import stat
import sys
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.journal.entries import InputKind, Named, Received
from detrun.model import BEGINNING
from detrun.scheduler.own import is_own
from detrun.scheduler.world import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from detrun.journal.entries import Entry
    from detrun.journal.recorder import Recorder

# Files larger than this are not looked into.
_LARGEST = 16 * 1024 * 1024
# What is no file is read anew by every run, and what is code is kept as such.
_ELSEWHERE = ("/dev/", "/proc/", "/sys/")
_CODE = (".py", ".pyc", ".so", ".pth")
# What says nothing of the program: these are set for its interpreter.
_INTERPRETERS = ("PYTHON", "DETRUN_")


class Readings(msgspec.Struct):
    """Variables by name, with no value for those that were not set; and files by path, with a digest of each.

    Of each it is the first look that counts: what a program finds later may be its own doing.
    """

    variables: dict[str, bytes | None] = {}
    files: dict[str, bytes] = {}

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Readings:
        """Those that a journal has."""
        names, found = {0: ""}, cls({}, {})
        for entry in entries:
            if isinstance(entry, Named):
                names[entry.number] = entry.text
            elif isinstance(entry, Received) and entry.kind == InputKind.VARIABLE:
                found.variables[names[entry.name]] = entry.payload if entry.code else None
            elif isinstance(entry, Received) and entry.kind == InputKind.FILE:
                found.files[names[entry.name]] = entry.payload
        return found

    def restore(self) -> None:
        """Give the process those variables that the program read."""
        for name, value in self.variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = os.fsdecode(value)

    def differing(self, others: Readings) -> list[str]:
        """What is not as it was for others, in words."""
        found = [
            f"the variable {name}"
            for name, value in self.variables.items()
            if value != others.variables.get(name, value)
        ]
        return found + [
            f"the file {path}" for path, digest in self.files.items() if digest != others.files.get(path, digest)
        ]


_watches: list[Watch] = []
_OPENED = frozenset({"open", "sqlite3.connect"})


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    # The interpreter says much, and waits meanwhile.
    if event in _OPENED:
        for watch in _watches:
            watch.hear(arguments)


@cache
def _listen() -> None:
    # Once in a process: it cannot be taken away.
    sys.addaudithook(_heard)


class Watch:
    """Learns what the program reads, from now on; tells of each the first time."""

    def __init__(self, told: Callable[[InputKind, str, bytes | None], None]) -> None:
        self.readings = Readings({}, {})
        self._told = told
        self._listens = True
        environment.watch(self._variable)
        _watches.append(self)
        _listen()

    def end(self) -> None:
        """Learn no more."""
        self._listens = False
        _watches.remove(self)
        environment.watch(None)

    def _variable(self, key: bytes, value: bytes | None) -> None:
        name = os.fsdecode(key)
        if name not in self.readings.variables and not name.startswith(_INTERPRETERS):
            self.readings.variables[name] = value
            self._told(InputKind.VARIABLE, name, value)

    def hear(self, arguments: tuple[Any, ...]) -> None:
        """A file or a database is opened."""
        if self._listens:
            self._open(*arguments)

    def _open(self, path: Any, *how: Any) -> None:
        if not isinstance(path, str | bytes | os.PathLike) or not _only_reads(how):
            return
        place = os.path.abspath(os.fsdecode(path))
        if place in self.readings.files or place.endswith(_CODE) or place.startswith(_ELSEWHERE) or not is_own(place):
            return
        self._listens = False  # not what is read here
        try:
            digest = _digest(place)
        finally:
            self._listens = True
        self.readings.files[place] = digest
        self._told(InputKind.FILE, place, digest)


def noting(recorder: Recorder, step: Callable[[], int]) -> Callable[[InputKind, str, bytes | None], None]:
    """Have it written down."""

    def note(kind: InputKind, name: str, value: bytes | None) -> None:
        number = recorder.name(name)
        recorder.received(step(), kind, BEGINNING, number, value or b"", code=int(value is not None))

    return note


def _only_reads(how: tuple[Any, ...]) -> bool:
    """Whether something is opened to be read: a database, which is opened for both, counts."""
    flags = how[1] if len(how) > 1 else os.O_RDONLY
    return not isinstance(flags, int) or not flags & (os.O_WRONLY | os.O_RDWR | os.O_TRUNC)


def _digest(path: str) -> bytes:
    """Of a file's contents; nothing of what is no file, or is not there."""
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            return b""
        with open(path, "rb") as file:
            return sha256(file.read()).digest()
    except OSError:
        return b""
