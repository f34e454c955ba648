"""What became of a program, judged by what ended it."""

from __future__ import annotations

import signal
import traceback
from itertools import dropwhile
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from detrun import errors
from detrun.model import Failure
from detrun.scheduler.machinery import is_machinery
from detrun.scheduler.raised import RemoteTraceback, notes, places
from detrun.scheduler.world.leaving import Left
from detrun.scheduler.world.signals import Killed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.scheduler.claims import Complaint

Verdict: TypeAlias = tuple[str, Failure | None, int]


def judged(error: BaseException | None) -> Verdict:
    """The outcome, how it failed if it did, and the program's own exit code."""
    match error:
        case None:
            return "ok", None, 0
        case SystemExit() | KeyboardInterrupt():
            return _exited(error)
        case errors.Stuck():
            return "stuck", _failure("stuck", error), 1
        case errors.LimitReached():
            return "limit", _failure("limit", error), 1
        case errors.Forbidden():
            return "failed", _failure("forbidden", error), 1
        case _:
            return "failed", _failure("exception", error), 1


def objected(complaint: Complaint) -> Verdict:
    """The same for a program that somebody complained of."""
    if complaint.error is None:
        return "failed", Failure(complaint.kind, complaint.message), 1
    failure = _failure(complaint.kind, complaint.error)
    told = failure.message if complaint.label else f"{complaint.message}: {failure.message}"
    return "failed", replace(failure, message=told), 1


def _exited(error: SystemExit | KeyboardInterrupt) -> Verdict:
    if isinstance(error, Killed | KeyboardInterrupt) and not isinstance(error, Left):
        # As the shell has it.
        return "failed", _failure("signal", error), 128 + getattr(error, "number", signal.SIGINT)
    code = error.code
    # As the interpreter has it: nothing is 0, a number is itself, anything else is printed and is 1.
    exit_code = 0 if code is None else code & 0xFF if isinstance(code, int) else 1
    return ("failed", _failure("exit", error), exit_code) if exit_code else ("ok", None, 0)


def _failure(kind: str, error: BaseException) -> Failure:
    told = traceback.TracebackException.from_exception(error)
    first = _first(error)
    message = str(error) if isinstance(error, errors.RunError | Killed) else _message(error)
    if first is not error:
        message = f"{message}: {_message(first)}"
    # What is a part of a group may have been raised in no frame.
    where = _waiting(error) if isinstance(error, errors.Stuck) else _where(first) or _where(error)
    _keep_own_frames(told)
    return Failure(kind, message, where, "".join(told.format()))


def _first(error: BaseException) -> BaseException:
    """What was raised first, of a group; a group says no more than that something was."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _message(error: BaseException) -> str:
    """What Python says of it last, and what was noted; where it was raised is said elsewhere."""
    told = traceback.TracebackException(type(error), error, None, compact=True)
    told.__notes__ = [str(note) for note in notes(error) if not isinstance(note, RemoteTraceback)]
    # A line that cannot be compiled comes first.
    return "".join(dropwhile(lambda line: line.startswith(" "), told.format_exception_only())).strip()


def _where(error: BaseException) -> str | None:
    return next(map(str, places(error)), None)


def _waiting(stuck: errors.Stuck) -> str | None:
    # Where the first of those who wait stands, innermost: for whoever stepped in there last is whom it concerns.
    places = [line for entry in stuck.waiting[:1] for line in entry.splitlines() if line.startswith(" ")]
    return places[-1].strip() if places else None


def _keep_own_frames(told: traceback.TracebackException) -> None:
    for exception in _linked(told):
        exception.stack[:] = [frame for frame in exception.stack if not is_machinery(frame.filename)]


def _linked(told: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """An exception and all that led to it, or that it is made of, however many those are."""
    rest = [told]
    while rest:
        yield (told := rest.pop())
        others = (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ()))
        rest += [other for other in others if other is not None]
