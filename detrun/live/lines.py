"""A line to the outside: what a live run knows of one descriptor, whether there is a real one behind it or not."""

from __future__ import annotations

import _socket
from typing import TYPE_CHECKING, Any

from detrun.scheduler.world import system

if TYPE_CHECKING:
    from detrun.scheduler.handles import Handle
    from detrun.scheduler.loop import Loop

# Far above what the process has open, so that a mix-up is an error.
FIRST_FD = system.FIRST_FD
MOST_PENDING = 256 * 1024
"""So much may wait to be really sent; whoever sends more has to wait, as with a full buffer of the system's."""


def unopened() -> Any:
    """A socket of the system's that has no descriptor: it can be opened, and is nothing until then."""
    return _socket.socket.__new__(_socket.socket)


class Line:
    """One descriptor, numbered in order of creation; it is the origin of the inputs that come by it."""

    __slots__ = (
        "blocks",
        "count",
        "error",
        "going",
        "key",
        "loop",
        "mask",
        "parked",
        "patience",
        "pending",
        "reader",
        "real",
        "stalled",
        "told",
        "watched",
        "writer",
    )

    def __init__(self, number: int, real: Any) -> None:
        self.key = number
        self.real = real
        # How many inputs have come by it, and how many outputs have left.
        self.count = self.told = 0
        # What the program believes to be under way still, and the error that it learns of next.
        self.pending = self.error = 0
        # What has to leave yet, in order; at replay nothing ever does.
        self.going: list[Any] = []
        # Whether who reads or writes waits until that can be done, and at most for how many seconds.
        self.blocks = True
        self.patience: float | None = None
        # Threads that do, by what wakes them, with what they wait for.
        self.parked: list[tuple[object, int]] = []
        # Whether the system did not take all of it at once.
        self.stalled = False
        # Who waits for it: what the program asked for, and what the system was asked for.
        self.loop: Loop | None = None
        self.reader: Handle | None = None
        self.writer: Handle | None = None
        self.mask = self.watched = 0

    @property
    def fd(self) -> int:
        """The descriptor that the program knows."""
        return FIRST_FD + self.key
