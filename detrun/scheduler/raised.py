"""Where an exception comes from, in the program's own lines: here, in another context, or in no frame at all.

What cannot be compiled is raised in none of the program's frames, and what was raised in another context has none here.
"""

from __future__ import annotations

import linecache
import os
import re
import traceback
from typing import TYPE_CHECKING, NamedTuple

from detrun.scheduler.machinery import is_machinery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A frame as Python prints it, with its line of source if there is one.
_FRAME = re.compile(
    r'^  File "(?P<file>.+)", line (?P<line>\d+), in (?P<function>.+)(?:\n    (?P<source>.*))?', re.MULTILINE
)


# As those tracebacks name what is machinery here: libraries lie elsewhere on each machine.
_MACHINERY = tuple(f"{package}{os.sep}" for package in ("asyncio", "importlib"))


class RemoteTraceback(str):
    """A note that says where an error was raised in another context: frames as Python prints them, innermost last."""

    __slots__ = ()


class Place(NamedTuple):
    """A line of a program; its function is empty where it is in none, its number 0 where only the file is known."""

    file: str
    line: int
    function: str
    source: str | None = None

    def __str__(self) -> str:
        source = linecache.getline(self.file, self.line).strip() if self.source is None else self.source
        at = f"{self.file}:{self.line}" if self.line else self.file
        return at + (f" in {self.function}" if self.function else "") + (f": {source}" if source else "")


def places(error: BaseException) -> Iterator[Place]:
    """From where it arose, innermost, outwards to where it ended up."""
    yield from _uncompiled(error)
    for note in reversed(notes(error)):
        if isinstance(note, RemoteTraceback):
            yield from _remote(note)
    for frame, line in reversed([*traceback.walk_tb(error.__traceback__)]):
        if not is_machinery(frame.f_code.co_filename):
            yield Place(frame.f_code.co_filename, line, frame.f_code.co_name)


def notes(error: BaseException) -> Sequence[object]:
    """What was noted on it, if anything was that is a list."""
    found = getattr(error, "__notes__", None)
    return found if isinstance(found, list | tuple) else ()


def _uncompiled(error: BaseException) -> Iterator[Place]:
    """The line that cannot be compiled, if it stands in a file."""
    if isinstance(error, SyntaxError) and isinstance(error.filename, str) and not error.filename.startswith("<"):
        yield Place(error.filename, error.lineno or 0, "", (error.text or "").strip())


def _remote(note: RemoteTraceback) -> Iterator[Place]:
    """The frames of other contexts: each block of them is of a context that the one before it asked."""
    for frame in reversed([*_FRAME.finditer(note)]):
        if not frame["file"].startswith(_MACHINERY):
            yield Place(frame["file"], int(frame["line"]), frame["function"], (frame["source"] or "").strip())
