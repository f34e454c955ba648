"""What a program does that a run does not decide, as far as one can see it: suspects, when a replay parts."""

from __future__ import annotations

import re
import sys
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import msgspec

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.own import is_own, is_own_module, line_of, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

CLOCK, RANDOMNESS, SET_ORDER, THREAD, ENVIRONMENT = "clock", "randomness", "set order", "thread", "environment"

_SQL = (
    (RANDOMNESS, re.compile(r"\brandom(blob)?\s*\(", re.IGNORECASE)),
    (CLOCK, re.compile(r"\bcurrent_(timestamp|time|date)\b|'now'|\bunixepoch\(\s*\)", re.IGNORECASE)),
)
_TIMES = re.compile(r"st_[amc]time|get[amc]time|st_birthtime")
# Functions made in C that no dispatcher stands before, by module and name.
_CALLS = {
    ("builtins", "id"): SET_ORDER,
    ("posix", "times"): CLOCK,
    ("resource", "getrusage"): CLOCK,
    ("_ssl", "RAND_bytes"): RANDOMNESS,
    ("posix", "getcwd"): ENVIRONMENT,
    ("posix", "getuid"): ENVIRONMENT,
    ("posix", "getlogin"): ENVIRONMENT,
    ("posix", "statvfs"): ENVIRONMENT,
    ("posix", "ttyname"): ENVIRONMENT,
    ("posix", "isatty"): ENVIRONMENT,
    ("posix", "get_terminal_size"): ENVIRONMENT,
    ("time", "localtime"): ENVIRONMENT,
}
# Functions of C's own library, as `ctypes` finds them.
_SYMBOLS = {
    **dict.fromkeys(("time", "clock", "gettimeofday", "clock_gettime", "times", "ftime"), CLOCK),
    **dict.fromkeys(("rand", "random", "lrand48", "drand48", "getrandom", "arc4random", "getentropy"), RANDOMNESS),
    **dict.fromkeys(("getenv", "secure_getenv", "getcwd"), ENVIRONMENT),
}
_FILES = (
    (RANDOMNESS, re.compile(r"^/dev/u?random$|^/proc/sys/kernel/random/")),
    (CLOCK, re.compile(r"^/proc/(uptime|stat|loadavg|self/(stat|sched|schedstat))$")),
    (ENVIRONMENT, re.compile(r"^/(proc|sys)/|^/dev/stdin$")),
)


class Suspect(msgspec.Struct, frozen=True):
    """Something that was done: which cause it would be, what it is, and in which step and line."""

    cause: str
    what: str
    step: int
    where: str | None


class Suspects:
    """Looks at what the program calls, from now on."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str, str | None], Suspect] = {}
        self._quiet = False
        self._stdin: Any = sys.stdin
        sys.stdin = _Noted(self._stdin, self._read)
        sys.addaudithook(self._audit)

    def begin(self) -> None:
        """Look at calls of what is made in C, too."""
        threading.setprofile(self._called)
        sys.setprofile(self._called)

    def end(self) -> None:
        """Look no more."""
        self._quiet = True
        sys.stdin = self._stdin
        sys.setprofile(None)
        threading.setprofile(None)

    def ordered(self) -> list[Suspect]:
        """Those found, the latest first."""
        return sorted(self.found.values(), key=lambda suspect: -suspect.step)

    def _called(self, frame: FrameType, event: str, function: Any) -> None:
        if event != "c_call" or self._quiet:
            return
        name = getattr(function, "__name__", "")
        cause = _CALLS.get((getattr(function, "__module__", None) or "", name))
        if cause is not None:
            if name not in _INNER or is_own(frame.f_code.co_filename):
                self._note(cause, f"{name}()", frame)
        elif name.startswith("execute") and type(getattr(function, "__self__", None)).__module__ == "sqlite3":
            self._sql(frame)
        elif name in {"stat", "fstat", "lstat"}:
            self._times(frame)

    def _sql(self, frame: FrameType) -> None:
        values = (*frame.f_code.co_consts, *frame.f_locals.values())
        texts = " ".join(value for value in values if isinstance(value, str))
        for cause, pattern in _SQL:
            if (found := pattern.search(texts)) is not None:
                self._note(cause, f"SQL with {found[0]}", frame)

    def _times(self, frame: FrameType) -> None:
        own = nearest(frame)
        if own is not None and any(map(_TIMES.search, own.f_code.co_names)):
            self._note(CLOCK, "the time of a file", frame)

    def _read(self) -> None:
        self._note(ENVIRONMENT, "standard input", sys._getframe(2))

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._quiet:
            return
        if event == "ctypes.dlsym" and arguments[1] in _SYMBOLS:
            self._note(_SYMBOLS[arguments[1]], f"C's {arguments[1]}()", sys._getframe(1))
        elif event == "open" and arguments[0] == 0:
            self._note(ENVIRONMENT, "standard input", sys._getframe(1))
        elif event == "open" and isinstance(arguments[0], str):
            for cause, pattern in _FILES:
                if pattern.search(arguments[0]):
                    self._note(cause, arguments[0], sys._getframe(1))
                    break

    def _note(self, cause: str, what: str, frame: FrameType) -> None:
        where = line_of(nearest(frame))
        if where is not None:
            engine = ACTIVE.engine
            step = 0 if engine is None else engine.trace.step
            self.found[cause, what, where] = Suspect(cause, what, step, where)


class _Noted:
    """Stands for `sys.stdin`, and tells when it is read."""

    def __init__(self, real: Any, read: Callable[[], None]) -> None:
        self._real = real
        self._read = read

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("read", "buffer")):
            self._read()
        return getattr(self._real, name)

    def __iter__(self) -> Iterator[str]:
        self._read()
        return iter(self._real)

    def __next__(self) -> Any:
        self._read()
        return next(self._real)


# Of these only what the program itself calls is of interest: everybody else does it all the time.
_INNER = ("id", "getcwd", "getuid", "localtime", "isatty", "get_terminal_size")


def own_threads(known: set[int]) -> Iterator[Suspect]:
    """Threads outside of the run that execute the program's code."""
    for ident, frame in sys._current_frames().items():
        if ident not in known and (own := nearest(frame)) is not None:
            yield Suspect(THREAD, "a thread that is no part of the run", 0, line_of(own))


def walks_by_address(frame: FrameType | None) -> bool:
    """Whether the code there has a set, or keys, whose order follows from where objects lie."""
    while frame is not None:
        if is_own(frame.f_code.co_filename) and any(map(_by_address, _at_hand(frame))):
            return True
        frame = frame.f_back
    return False


def _at_hand(frame: FrameType) -> Iterator[object]:
    """What code has in its variables, in those of its module that it names, and in the objects among those."""
    named = (frame.f_globals.get(name) for name in frame.f_code.co_names)
    for value in (*frame.f_locals.values(), *named):
        yield value
        if is_own_module(sys.modules.get(type(value).__module__)):
            yield from getattr(value, "__dict__", {}).values()


def _by_address(value: object) -> bool:
    if isinstance(value, WeakSet):
        value = list(value)
    elif not isinstance(value, set | frozenset):
        return False
    return any(getattr(type(item), "__hash__", None) is _DEFAULT for item in value)


_DEFAULT: Any = object.__hash__
