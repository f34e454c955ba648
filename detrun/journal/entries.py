"""What a journal says of a run: one struct for each kind of entry. It does not know how they become bytes.

Each is an array on the wire, whose first element is the tag below. New fields come last, with a default; a tag is never
used again. An id is two fields, `origin` and `n`, for a nested pair costs a fifth of the time to read.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import msgspec

from detrun.model import Decision, EventId

if TYPE_CHECKING:
    from collections.abc import Iterable

# What a block contains beside the commonest entries, so that it is found without reading the others.
NAMES, BLOBS, LIVES, SNAPSHOTS, ENDS, READINGS = 1, 2, 4, 8, 16, 32


RECEIVED, SENT, EMITTED, HAPPENED = 1, 3, 4, 14
"""The tags of the commonest entries, which rows begin with."""


class InputKind(IntEnum):
    """What came from outside."""

    READ = 1
    END_OF_FILE = 2
    RESET = 3
    WRITABLE = 4
    ACCEPT = 5
    CONNECT = 6
    DATAGRAM = 7
    NAME_LOOKUP = 8
    EXECUTOR = 9
    SIGNAL = 10
    CLOCK = 11
    ENTROPY = 12
    FILE_CHANGE = 13
    REQUEST = 14
    FRAME = 15
    CONTROL = 16
    CHILD = 17
    TLS = 18
    TIMER = 19
    READY = 20
    PROGRESS = 21
    SOCKET = 22
    VARIABLE = 23
    FILE = 24
    PROCESS = 25


_READINGS = frozenset({InputKind.VARIABLE, InputKind.FILE})


class OutputKind(IntEnum):
    """What left."""

    WRITE = 1
    END_OF_FILE = 2
    CLOSE = 3
    CONNECT = 4
    DATAGRAM = 5
    RESPONSE = 6
    FRAME = 7
    JOB = 8
    PRINT = 9
    LISTEN = 10
    CHILD = 11


class Phase(IntEnum):
    """How far a generation has come."""

    LOAD = 1
    READY = 2
    STOP_CLAIMS = 3
    HAND_OVER = 4
    MOVE_POINTER = 5
    DRAIN = 6
    STOP = 7
    FAILED = 8


class _Written(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What all entries share. The collector need not follow them: nothing in them leads back to them."""

    mark: ClassVar[int] = 0
    step: ClassVar[int] = 0


class _At(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What all entries share that belong to a step."""

    mark: ClassVar[int] = 0
    step: int


class Named(_Written, tag=0, frozen=True, gc=False):
    """From here on this number stands for this name. Numbers are given out one by one, from 1; 0 is no name."""

    mark: ClassVar[int] = NAMES
    number: int
    text: str


class Received(_At, tag=RECEIVED, frozen=True, gc=False):
    """Something came from outside, and has not acted yet: with the step that was the last one then.

    What the code says depends on the kind: an error number, a signal, an exit status, a descriptor. What is too large
    for an entry is a blob, and the payload is empty.
    """

    kind: int
    origin: int
    n: int
    name: int
    payload: bytes = b""
    code: int = 0
    instant: int = 0
    blob: bytes = b""

    @property
    def mark(self) -> int:  # type: ignore[override]  # it is the kind that has it, not the class
        """What a process reads past the edge is found without reading what came by it."""
        return READINGS if self.kind in _READINGS else 0

    @property
    def event(self) -> EventId:
        """The id of the event that it becomes."""
        return EventId((self.origin, self.n))


class Decided(_At, tag=2, frozen=True, gc=False):
    """An answer at a choice point that was not the default."""

    origin: int
    n: int
    answer: int = 0
    name: int = 0

    @property
    def event(self) -> EventId:
        """The id of the event that was chosen, or of the question."""
        return EventId((self.origin, self.n))

    @property
    def decision(self) -> Decision:
        """The same as a value of the model."""
        return Decision(self.step, self.event, self.answer)


class Sent(_At, tag=SENT, frozen=True, gc=False):
    """A message from one context to another. Its payload is there at level full only; size and digest always are."""

    origin: int
    n: int
    name: int
    digest: int
    size: int
    payload: bytes = b""
    blob: bytes = b""

    @property
    def event(self) -> EventId:
        """The id of the event that the message is."""
        return EventId((self.origin, self.n))


class Emitted(_At, tag=EMITTED, frozen=True, gc=False):
    """Something is about to leave. Its payload is there at level full only; size and digest always are."""

    kind: int
    origin: int
    n: int
    name: int
    digest: int
    size: int
    payload: bytes = b""
    code: int = 0
    blob: bytes = b""

    @property
    def event(self) -> EventId:
        """The id of the operation that it is."""
        return EventId((self.origin, self.n))


class Checked(_At, tag=5, frozen=True, gc=False):
    """The digest of everything up to the end of this step, and the instant at which it ended.

    The marks are the lower two bytes, least first, of the digests after each iteration since the last such entry.
    """

    digest: int
    instant: int = 0
    marks: bytes = b""


class ContextBegun(_At, tag=6, frozen=True, gc=False):
    """A context is there: its number, its name and its kind, as `program` or `object`, and the number of its parent."""

    mark: ClassVar[int] = LIVES
    context: int
    name: int
    kind: str = ""
    parent: int = 0
    generation: int = 0


class ContextEnded(_At, tag=7, frozen=True, gc=False):
    """A context is gone, and why."""

    mark: ClassVar[int] = LIVES
    context: int
    reason: str = ""


class GenerationMoved(_At, tag=8, frozen=True, gc=False):
    """A generation of an application has come as far as this; when it loads, with its sources: paths and blobs."""

    mark: ClassVar[int] = LIVES
    generation: int
    phase: int
    name: int = 0
    sources: tuple[tuple[str, bytes], ...] = ()
    reason: str = ""


class Stored(_Written, tag=9, frozen=True, gc=False):
    """A part of a blob, whose name is the SHA-256 of all of it. Parts follow one another; a blob is stored once."""

    mark: ClassVar[int] = BLOBS
    blob: bytes
    part: int
    data: bytes
    last: bool = True


class Snapshot(_At, tag=10, frozen=True, gc=False):
    """What a storage contained at this step, before anything of the run changed it, or at a cut."""

    mark: ClassVar[int] = SNAPSHOTS
    name: int
    blob: bytes
    size: int = 0


class Cut(_At, tag=11, frozen=True, gc=False):
    """A run could begin here: objects are evicted, sockets hibernated, storages snapshotted."""

    mark: ClassVar[int] = SNAPSHOTS
    reason: str = ""


class Failed(_At, tag=12, frozen=True, gc=False):
    """The program under test failed."""

    mark: ClassVar[int] = ENDS
    kind: str
    message: str
    where: str = ""
    traceback: str = ""


class Ended(_At, tag=13, frozen=True, gc=False):
    """The run is over: its outcome, and the digest and instant of its end."""

    mark: ClassVar[int] = ENDS
    outcome: str
    exit_code: int = 0
    digest: int = 0
    instant: int = 0


class Happened(_At, tag=HAPPENED, frozen=True, gc=False):
    """An event of the run's own happens: something arrives, a timer falls due, a thread goes on."""

    origin: int
    n: int
    name: int
    instant: int = 0

    @property
    def event(self) -> EventId:
        """The id of the event."""
        return EventId((self.origin, self.n))


Row: TypeAlias = tuple[Any, ...]
"""An entry as it stands on the wire, its tag first: to make one costs half of what a struct does, to write it less."""

Entry: TypeAlias = (
    Named
    | Received
    | Decided
    | Sent
    | Emitted
    | Checked
    | ContextBegun
    | ContextEnded
    | GenerationMoved
    | Stored
    | Snapshot
    | Cut
    | Failed
    | Ended
    | Happened
)

_OF_ROWS: dict[int, type[Received | Emitted | Sent | Happened]] = {
    RECEIVED: Received,
    SENT: Sent,
    EMITTED: Emitted,
    HAPPENED: Happened,
}


def whole(entries: Iterable[Entry | Row]) -> list[Entry]:
    """The same entries, all of them structs; rows there are of the commonest ones only."""
    return [_OF_ROWS[entry[0]](*entry[1:]) if isinstance(entry, tuple) else entry for entry in entries]
