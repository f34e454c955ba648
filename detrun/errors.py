"""What can go wrong, arranged by who can mend it."""

from collections.abc import Sequence


class DetrunError(Exception):
    """Any error that detrun itself raises."""


class UsageError(DetrunError):
    """You asked for something that cannot be done."""


class Stale(UsageError):
    """A kept failure names an event that the program, as it is now, does not have; or the program is not there."""

    is_told = True

    def __init__(self, event: str, nearest: str | None, *, is_program: bool = False) -> None:
        super().__init__(event, nearest)
        self.event = event
        self.nearest = nearest
        self.is_program = is_program

    def __str__(self) -> str:
        hint = f"\nthe nearest is {self.nearest!r}" if self.nearest is not None else ""
        if self.is_program:
            return f"expected a program {self.event!r}, and it is not there any more{hint}"
        return f"expected an event {self.event!r}, and no run has one: the program is another than it was{hint}"


class JournalError(DetrunError):
    """The bytes of a journal cannot be trusted, or cannot be written."""


class Corrupt(JournalError):
    """A journal has bytes that were never written like this."""

    def __init__(self, path: str, at: int, what: str) -> None:
        super().__init__(path, at, what)
        self.path = path
        self.at = at
        self.what = what

    def __str__(self) -> str:
        return f"{self.what}, at byte {self.at:,} of {self.path}"


class Truncated(JournalError):
    """A journal ends before it should."""

    def __init__(self, path: str, at: int, what: str) -> None:
        super().__init__(path, at, what)
        self.path = path
        self.at = at
        self.what = what

    def __str__(self) -> str:
        return f"{self.what}, from byte {self.at:,} of {self.path}"


class FormatUnknown(JournalError):
    """A journal is written in a format of a later version."""

    def __init__(self, path: str, found: int, known: int, reader: str) -> None:
        super().__init__(path, found, known, reader)
        self.path = path
        self.found = found
        self.known = known
        self.reader = reader

    def __str__(self) -> str:
        return (
            f"expected a journal of format {self.known} or earlier, got format {self.found} in {self.path}\n"
            f"it was written by detrun {self.reader}: that version and later ones read it"
        )


class Unwritable(JournalError):
    """A journal cannot be written any more; what was acknowledged before can be read."""

    def __init__(self, path: str, cause: str, hint: str) -> None:
        super().__init__(path, cause, hint)
        self.path = path
        self.cause = cause
        self.hint = hint

    def __str__(self) -> str:
        return f"the journal {self.path} cannot be written: {self.cause}\n{self.hint}"


class NondeterminismError(DetrunError):
    """The program did something that no event explains."""


class Divergence(NondeterminismError):
    """A run was to be the same as an earlier one, and is not."""

    def __init__(self, at: int, expected: str, actual: str) -> None:
        super().__init__(at, expected, actual)
        self.at = at
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return f"the run diverged at step {self.at}: expected {self.expected}, got {self.actual}"


class Forbidden(NondeterminismError):
    """The program reached for what its world cannot give."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what, hint)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what} cannot be given to a program of a run: {self.hint}"


class CrossContextError(NondeterminismError):
    """A handle was used by somebody else than whoever it belongs to."""

    def __init__(self, what: str, made: str, owner: str, user: str) -> None:
        super().__init__(what, made, owner, user)
        self.what = what
        self.made = made
        self.owner = owner
        self.user = user

    def __str__(self) -> str:
        return (
            f"{self.what} belongs to {self.owner}, and {self.user} used it: it was made at {self.made}\n"
            "plain data may go anywhere, handles stay with the event or object that they were made in"
        )


class RunError(DetrunError):
    """The run cannot go on."""


class Stuck(RunError):
    """Nothing is ready and nothing is due, yet somebody waits; `contexts` are those in which somebody does."""

    def __init__(self, waiting: Sequence[str], contexts: Sequence[str] = ()) -> None:
        super().__init__(tuple(waiting), tuple(contexts))
        self.waiting = tuple(waiting)
        self.contexts = tuple(contexts)

    def __str__(self) -> str:
        if not self.waiting:
            return "nothing is ready, nothing is due and no task is left, but the loop was not stopped"
        lines = "".join(f"\n  {line}" for entry in self.waiting for line in entry.splitlines())
        return f"nothing is ready and nothing is due, yet {_count(self.waiting)} waiting:{lines}"


class LimitReached(RunError):
    """A bound that was set for the run was met."""

    def __init__(self, limit: str, value: float, hint: str) -> None:
        super().__init__(limit, value, hint)
        self.limit = limit
        self.value = value
        self.hint = hint

    def __str__(self) -> str:
        return f"the run reached its limit of {self.value:,} {self.limit}: {self.hint}"


class BindingError(DetrunError):
    """Raised inside a handler, which may catch it."""


class NotSendable(BindingError, TypeError):
    """A value has a part that cannot travel between contexts; nothing of it was sent."""

    def __init__(self, what: str, path: str, reason: str, hint: str) -> None:
        super().__init__(what, path, reason, hint)
        self.what = what
        self.path = path
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.what}: {self.path}" if self.path else self.what
        return f"{place}: {self.reason}\n{self.hint}"


class NotReceivable(BindingError):
    """A message means nothing in the context that received it."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason, hint)
        self.reason = reason
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.reason}\n{self.hint}"


class BodyUsed(BindingError, OSError):
    """A body was to be read that had been read, handed on or cancelled."""


class Aborted(BindingError):
    """What was begun is not wanted any more."""


class Unavailable(BindingError):
    """Whoever was asked cannot answer."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what, hint)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}: {self.hint}"


class Disconnected(Unavailable):
    """Who was to answer is gone, or who asked is."""

    retryable = True


class Released(Unavailable):
    """A stub was used after it had been released."""


class NotAccepted(BindingError):
    """Something was asked of a socket that has not been accepted yet."""


class SocketClosed(BindingError):
    """A socket is closed: nothing comes by it any more, and nothing can be sent."""

    def __init__(self, code: int, reason: str, was_clean: bool) -> None:  # noqa: FBT001  # as a close event has it
        super().__init__(code, reason, was_clean)
        self.code = code
        self.reason = reason
        self.was_clean = was_clean

    def __str__(self) -> str:
        reason = f", {self.reason!r}" if self.reason else ""
        return f"the socket is closed, with code {self.code}{reason}{'' if self.was_clean else ', not cleanly'}"


class NotUpgraded(BindingError):
    """A request for a socket was answered without one."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(url, status)
        self.url = url
        self.status = status

    def __str__(self) -> str:
        return f"expected {self.url} to give a socket, got a response of status {self.status}"


class BudgetSpent(BindingError):
    """An event led to more calls than it may."""

    def __init__(self, limit: str, what: str, hint: str) -> None:
        super().__init__(limit, what, hint)
        self.limit = limit
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"the limit of {self.limit} for one event from outside is met at {self.what}: {self.hint}"


class Hung(BindingError):
    """A handler waits for what can never happen."""

    def __init__(self, handler: str, waiting: Sequence[str]) -> None:
        super().__init__(handler, tuple(waiting))
        self.handler = handler
        self.waiting = tuple(waiting)

    def __str__(self) -> str:
        lines = "".join(f"\n  {line}" for entry in self.waiting for line in entry.splitlines())
        return f"{self.handler} can never end, nothing that it waits for is under way:{lines}"


class RemoteError(BindingError):
    """An error of another context whose class cannot be had here, or must not be raised here."""

    def __init__(self, module: str, qualname: str, text: str, arguments: tuple[object, ...] = ()) -> None:
        super().__init__(module, qualname, text, arguments)
        self.module = module
        self.qualname = qualname
        self.text = text
        self.arguments = arguments

    def __str__(self) -> str:
        name = self.qualname if self.module == "builtins" else f"{self.module}.{self.qualname}"
        return f"{name}: {self.text}" if self.text else name


class InternalError(DetrunError):
    """A promise of detrun's own is broken: please report it."""


def _count(waiting: Sequence[str]) -> str:
    return "one is" if len(waiting) == 1 else f"{len(waiting)} are"
