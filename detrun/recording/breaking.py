"""A line at which a replay stops in the debugger, whichever thread comes to it; it knows whether any ever did."""

from __future__ import annotations

import bdb
import os
import sys
import threading
from types import CodeType
from typing import TYPE_CHECKING, NamedTuple

from detrun.errors import UsageError
from detrun.recording.debugger import Debugger, outermost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import FrameType


class Place(NamedTuple):
    """A line of a file; the file as whoever asks for it names it, and where that is."""

    name: str
    path: str
    line: int

    @classmethod
    def of(cls, word: str, files: Iterable[str]) -> Place:
        """What `FILE:LINE` means, where these are the files of the program."""
        name, _, line = word.rpartition(":")
        if not name or not line.isdecimal():
            raise UsageError(f"expected a line such as file.py:42, got {word!r}")
        path = os.path.abspath(name)
        found = next((known for known in files if known == path or known.endswith(os.sep + name)), path)
        return cls(name, found, int(line))

    def __str__(self) -> str:
        return f"{self.name}:{self.line}"


class Breakpoint:
    """A breakpoint for one replay."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._debugger = _Breaking()
        self._place: Place | None = None

    def begin(self, versions: Mapping[str, Sequence[bytes]]) -> None:
        """Stop at it from now on, in this thread and in those that are started from now on.

        `versions` has all that each file of the program is in the course of the run.
        """
        self._place = place = Place.of(self._word, versions)
        sources = versions.get(place.path) or on_disk(place.path)
        if not sources:
            raise UsageError(f"expected a line of a file, got {self._word!r}: there is no {place.path}")
        lines = {line for source in sources for line in lines_of(source)}
        if place.line not in lines:
            # Of two that are as near, the one that runs after it.
            nearest = min(lines, key=lambda line: (abs(line - place.line), -line), default="none")
            raise UsageError(f"expected a line that has code, got {self._word!r}: the nearest that has is {nearest}")
        self._debugger.stop_at(place)
        self._debugger.run_from(sys._getframe(1))

    def end(self) -> str | None:
        """Stop no more; what is to be said if nobody came to it."""
        sys.settrace(None)
        threading.settrace(None)
        place, debugger = self._place, self._debugger
        if place is None or any(each.hits for each in debugger.get_breaks(place.path, place.line)):
            return None
        rest = "" if debugger.entered else f": nothing in {place.path} did"
        return f"expected to stop at {place}, which did not run{rest}"


class _Breaking(Debugger):
    """Runs on up to its breakpoints, and notes whether any code of their files is entered."""

    entered = False

    def stop_at(self, place: Place) -> None:
        # Not by `set_break`, which asks whether the line is there today.
        self._add_to_breaks(self.canonic(place.path), place.line)  # type: ignore[attr-defined]
        bdb.Breakpoint(self.canonic(place.path), place.line)

    def run_from(self, frame: FrameType) -> None:
        self.reset()
        self.botframe = outermost(frame)
        # Stopped at nothing but breakpoints: this frame is none that runs later.
        self._set_stopinfo(sys._getframe(), None, -1)  # type: ignore[attr-defined]
        threading.settrace(self.trace_dispatch)
        sys.settrace(self.trace_dispatch)

    def break_anywhere(self, frame: FrameType) -> bool:
        """Whether a breakpoint is in the file of this frame, which is about to be run."""
        found: bool = super().break_anywhere(frame)
        self.entered = self.entered or found
        return found


def lines_of(source: bytes) -> set[int]:
    """The lines of a file in which there is something to run."""
    try:
        code = compile(source, "<source>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return set()
    return {line for each in _nested(code) for _, _, line in each.co_lines() if line}


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def on_disk(path: str) -> list[bytes]:
    """What a file is today, if it is there."""
    try:
        with open(path, "rb") as file:
            return [file.read()]
    except OSError:
        return []
