"""The edge of a live run: all that comes from outside passes it, and all that leaves.

A run does not know whether there is a machine behind the edge, or the journal of an earlier run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from detrun.journal.entries import InputKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.journal.entries import Received
    from detrun.live.lines import Line
    from detrun.scheduler.engine import Engine

READ, WRITE = 1, 2
# What comes by itself, between two iterations; a look ends with the entry that says what is ready.
COMING = frozenset({InputKind.PROGRESS, InputKind.EXECUTOR, InputKind.SIGNAL, InputKind.CHILD, InputKind.READY})
# What a process reads past the edge, and that it has no room for more: no part of what is asked for here.
READ_BEFORE = frozenset({InputKind.VARIABLE, InputKind.FILE, InputKind.CONTROL})
TIMED_OUT = -1
# No more is read at once: that is one entry.
LONGEST = 1024 * 1024


class Origin(Protocol):
    """Where inputs come from, and how many have come from there."""

    key: int
    count: int


Look: TypeAlias = "tuple[int, Sequence[int], Sequence[Received]]"
"""What came while nobody ran: the instant, which lines are ready for what, and whatever else."""


class Edge(Protocol):
    """Where a run meets what it does not decide."""

    transport: Callable[..., Any] | None
    """What makes the transport of a socket, if that is not asyncio's own."""

    def begin(self, engine: Engine) -> None:
        """A run begins."""

    def ask(self, kind: int, origin: Origin, perform: Callable[..., bytes], *arguments: Any) -> bytes:
        """What the outside answers; raises its error."""

    def reader(self, line: Line, otherwise: Callable[[int, int], bytes]) -> Callable[..., bytes]:
        """The function that reads from a line, as `socket.recv` does; what is not common is done otherwise."""

    def writer(
        self, line: Line, pending: Callable[[Line], None], otherwise: Callable[[bytes], int]
    ) -> Callable[..., int]:
        """The same for `socket.send`: data leave at the next look, until when the line is pending."""

    def emit(self, kind: int, line: Line, data: bytes, action: Any) -> None:
        """Let something else leave at the next look: what to call, and what it says."""

    def release(self) -> None:
        """Let something leave now that depends on all that has come: it is on record before this returns."""

    def watch(self, line: Line, mask: int) -> None:
        """From now on it matters whether this line is ready for these."""

    def look(self, timeout: float | None, deadline: int, *, deaf: bool = False) -> Look | None:
        """Let out what may leave, and wait until something comes or time is up; who is deaf hears no lines."""

    def start(self, number: int, work: Callable[[], bytes]) -> None:
        """Have a piece of work done outside of the run; what it gives comes by itself."""

    def await_end(self, number: int, pid: int) -> None:
        """A process has begun; how it ends comes by itself."""

    def bury(self, pid: int) -> None:
        """Whoever waited for a process that has ended knows of it."""

    def remark(self, sentence: str) -> None:
        """Tell whoever records of something that a replay will not have."""

    def note_failure(self) -> None:
        """The program has failed with something that nobody handles, and goes on."""

    def end(self) -> None:
        """The run is over."""


def failure(code: int) -> OSError:
    """The exception of an error number."""
    return TimeoutError("timed out") if code == TIMED_OUT else OSError(code, os.strerror(code))
