"""The notes of a run: each line of the program's own code that ran, and the values that it read and stored."""

from __future__ import annotations

import io
import sys
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.doctor.between import is_called, is_ours
from detrun.doctor.lines import NONE, names_of
from detrun.doctor.rendering import attribute, clipped, rendered
from detrun.model import spelled
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.own import is_own, nearest
from detrun.scheduler.threads.real import get_ident
from detrun.scheduler.threads.thread import Thread

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType, FrameType

    from detrun.scheduler.handles import Delivery

# More notes than these are not taken: the run goes on without.
BOUND = 200_000


class Note(msgspec.Struct, array_like=True):
    """Something that happened in the program's own code, and where.

    `kind` is "read" (a line begins, and these are the values that it reads), "stored" (it is over, and gave these
    values), "call", "return", "raise", "write" (to standard output or error) or "event". `frame` numbers the calls.
    """

    kind: str
    step: int
    thread: int
    frame: int
    file: str
    line: int
    function: str
    values: dict[str, str]
    importing: bool = False


class Notebook:
    """Takes the notes of this process, from `begin` on, into a file."""

    def __init__(self, path: str, bound: int = BOUND) -> None:
        # Unbuffered: a process may end in the middle.
        self._out = open(path, "wb", buffering=0)  # noqa: SIM115
        self._left = bound
        self._frames = 0
        self._threads: dict[int, int] = {}
        self._encode = msgspec.json.Encoder().encode
        self.importing = 0

    @property
    def full(self) -> bool:
        """Whether there is more to note than may be."""
        return self._left <= 0

    def begin(self) -> None:
        """Take notes of all that is called from now on, and of what it writes."""
        sys.stdout, sys.stderr = _Noted(sys.stdout, self), _Noted(sys.stderr, self)
        threading.settrace(self._called)
        sys.settrace(self._called)

    def end(self) -> None:
        """Take no more."""
        sys.settrace(None)
        threading.settrace(None)
        # Not closed: another thread may be writing, and its note would go into whatever has the number next.
        self._left = 0

    def happen(self, event: Delivery | Thread) -> None:
        """Note an event."""
        self._take(Note("event", _step(), 0, 0, "", 0, f"{_named(event)} {spelled(event.id)}", {}))

    def write(self, text: str) -> None:
        """Note what is written, by the innermost code of the program's own."""
        frame = nearest(sys._getframe(2))
        if frame is not None:
            self.take("write", frame, frame.f_lineno, {"": clipped(repr(text))})

    def take(self, kind: str, frame: FrameType, line: int, values: dict[str, str], number: int = 0) -> None:
        """Note something at a line of a frame."""
        ident = get_ident()  # of the machine's: one thread is the same inside a run and outside
        thread = self._threads.setdefault(ident, len(self._threads))
        code = frame.f_code
        note = Note(kind, _step(), thread, number, code.co_filename, line, code.co_qualname, values)
        note.importing = self.importing > 0
        self._take(note)

    def _take(self, note: Note) -> None:
        if self._left <= 0:
            return
        self._left -= 1
        self._out.write(self._encode(note) + b"\n")

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self._left <= 0:
            return None
        code, below = frame.f_code, _caller(frame)
        if not is_own(code.co_filename):
            if below is not None and is_called(code.co_filename):
                self.take("call", below, below.f_lineno, _arguments(frame, code))
            return None
        if isinstance(frame.f_trace, _Follower):
            return frame.f_trace  # a coroutine or generator that goes on
        self._frames += 1
        follower = _Follower(self, self._frames, frame)
        at = frame if below is None else below
        self.take("call", at, code.co_firstlineno if below is None else at.f_lineno, _arguments(frame, code))
        return follower


class _Follower:
    """Follows one call, line by line."""

    __slots__ = ("_book", "_import", "_line", "_number")

    def __init__(self, book: Notebook, number: int, frame: FrameType) -> None:
        self._book = book
        self._number = number
        self._line = 0
        self._import = frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__") != "__main__"
        book.importing += self._import

    def __call__(self, frame: FrameType, event: str, argument: Any) -> _Follower | None:
        if self._book.full:
            return None
        if event == "exception" and _is_told(argument[1]):
            self._book.take("raise", frame, frame.f_lineno, {"": rendered(argument[1])}, self._number)
        if event in {"line", "return"}:
            self._note_stored(frame)
        if event == "line":
            self._line = frame.f_lineno
            read = names_of(frame.f_code).get(self._line, NONE).read
            self._book.take("read", frame, self._line, _values(frame, read), self._number)
        elif event == "return":
            if argument is not None:
                self._book.take("return", frame, frame.f_lineno, {"": rendered(argument)}, self._number)
            self._book.importing -= self._import
        return self

    def _note_stored(self, frame: FrameType) -> None:
        stored = names_of(frame.f_code).get(self._line, NONE).stored
        if stored:
            self._book.take("stored", frame, self._line, _values(frame, stored), self._number)


class _Noted(io.TextIOWrapper):
    """A standard stream whose writes are noted."""

    def __init__(self, stream: Any, book: Notebook) -> None:
        stream.flush()
        super().__init__(stream.buffer, stream.encoding, stream.errors, line_buffering=stream.line_buffering)
        self._book = book

    def write(self, text: str, /) -> int:
        self._book.write(text)
        return super().write(text)


def _is_told(error: object) -> bool:
    """Whether an exception says something, and is no mere end of something."""
    return isinstance(error, Exception) and not isinstance(error, StopIteration | StopAsyncIteration)


def _named(event: Delivery | Thread) -> str:
    if isinstance(event, Thread):
        return event.name
    call = event.call[0]
    return str(getattr(call, "__qualname__", type(call).__qualname__))


def _step() -> int:
    engine = ACTIVE.engine
    return 0 if engine is None else engine.trace.step


def _caller(frame: FrameType) -> FrameType | None:
    """Whoever calls, if that is the program's own code; what the doctor has put between counts for nothing."""
    caller = frame.f_back
    while caller is not None and is_ours(caller.f_code.co_filename):
        caller = caller.f_back
    return caller if caller is not None and is_own(caller.f_code.co_filename) else None


def _arguments(frame: FrameType, code: CodeType) -> dict[str, str]:
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    return {"()": code.co_qualname, **_values(frame, code.co_varnames[:count])}


def _values(frame: FrameType, names: Iterable[str]) -> dict[str, str]:
    here, everywhere = frame.f_locals, frame.f_globals
    found: dict[str, str] = {}
    for name in names:
        first, dot, last = name.partition(".")
        holder = here if first in here else everywhere
        if first in holder:
            text = attribute(holder[first], last) if dot else rendered(holder[first])
            if text is not None:
                found[name] = text
    return found
