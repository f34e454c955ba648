"""What is claimed of a run beside its result, and what somebody complained of: an oracle may object without an end."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.scheduler.waits import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from detrun.scheduler.contexts import Context
    from detrun.scheduler.loop import Loop
    from detrun.scheduler.network.files import File

# What a program claims itself; those fail a run whatever else becomes of it.
OWN = ("always", "unreachable", "eventually")


class Complaint(msgspec.Struct, frozen=True):
    """An objection to a run that need not have ended it; `home` is the context that it is about, if it is about one."""

    kind: str
    message: str
    label: str = ""
    error: BaseException | None = None
    home: str = ""


class Claims:
    """What was claimed of one run, and what there is to complain of."""

    __slots__ = ("_eventually", "complaints", "leaks", "sometimes")

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []
        # Whether to complain of what is left when the program ends.
        self.leaks = False
        # Whether what should happen in some run happened in this one, by name.
        self.sometimes: dict[str, bool] = {}
        self._eventually: dict[str, Callable[[], object]] = {}

    def violate(self, kind: str, name: str, error: BaseException) -> None:
        """Something is not as the program says that it always is."""
        self.complaints.append(Complaint(kind, str(error), name, error))

    def see(self, name: str, *, happened: bool) -> None:
        """What should happen in some run did happen here, or not yet."""
        self.sometimes[name] = self.sometimes.get(name, False) or happened

    def expect(self, name: str, condition: Callable[[], object]) -> None:
        """This should be true when the run is over."""
        self._eventually[name] = condition

    def report(self, context: dict[str, Any], home: str = "") -> None:
        """Somebody told the loop of this context of an exception that nobody handles."""
        error = context.get("exception")
        # Python 3.11's streams trip over a handler that was cancelled: nothing that a program has to answer for.
        if error is not None and not isinstance(error, CancelledError):
            kind = "callback" if "handle" in context else "unretrieved"
            self.complaints.append(Complaint(kind, str(context.get("message")), error=error, home=home))

    def leave(self, loop: Loop) -> None:
        """The program has ended; what its loop still has to do is about to be cancelled."""
        if self.leaks:
            for task in loop.tasks():
                if not task.done():
                    name = getattr(task.get_coro(), "__qualname__", "a task")
                    self.complaints.append(
                        Complaint("leak", f"left undone: {described(task)}", f"task {name}", None, loop.home.name)
                    )

    def find_open(self, files: Iterable[File]) -> None:
        """Complain of connections and servers that nobody closed."""
        for file in files if self.leaks else ():
            kind = file.name.partition("#")[0]
            self.complaints.append(Complaint("leak", f"left open: {file.name}", kind))

    def settle(self) -> None:
        """The program has ended by itself: what should have become true by now is looked at."""
        for name, condition in self._eventually.items():
            if not condition():
                self.complaints.append(Complaint("eventually", f"eventually {name!r}: it never was", name))

    def find_unretrieved(self, contexts: Iterable[Context]) -> None:
        """Complain of tasks that failed and that nobody asked for it, though no collection has come by yet."""
        for context in contexts:
            for task in context.loop.tasks():
                if getattr(task, "_log_traceback", False):
                    # Not `exception()`, which counts as asking: whoever reads the log is to be told as ever.
                    message = "Task exception was never retrieved"
                    self.complaints.append(Complaint("unretrieved", message, "", task._exception, context.name))


def objection(claims: Claims, error: BaseException | None, *, strict: bool) -> Complaint | None:
    """What a run failed by, if it is not the error that ended it."""
    for complaint in claims.complaints:
        if complaint.kind in OWN:
            return complaint
    return claims.complaints[0] if strict and error is None and claims.complaints else None
