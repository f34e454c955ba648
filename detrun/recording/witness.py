"""A replay that sees who does what: each operation with its line, and what it follows from."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.model import EventId
from detrun.recording.recording import named
from detrun.recording.replaying import Replaying
from detrun.recording.suspects import own_threads, walks_by_address
from detrun.scheduler.hooks import hooked
from detrun.scheduler.own import line_of, nearest
from detrun.scheduler.scheduling import Scheduling
from detrun.scheduler.threads.thread import Thread
from detrun.scheduler.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.trace import Trace as AnyTrace

# What the variable is called that holds the id, where operations are folded.
_NAMES = ("event", "operation", "question", "delivery", "drawn")


class Operation(msgspec.Struct, frozen=True):
    """Something that was folded into the digest: what, in which step and at which line, and in whose wake."""

    folded: Any
    step: int
    where: str | None
    before: int
    cause: Event | None = None


class Event(msgspec.Struct, frozen=True):
    """Something that happened, and the operation that it came of."""

    id: EventId
    name: str
    step: int
    source: Operation | None


class _Seen(Trace):
    """A trace each of whose operations is seen as it is folded."""

    witness: Witness

    @property
    def digest(self) -> int:
        digest: int = self.__dict__["digest"]
        return digest

    @digest.setter
    def digest(self, digest: int) -> None:
        before, self.__dict__["digest"] = self.__dict__["digest"], digest
        self.witness.fold(sys._getframe(1), before)


class Witness(Replaying):
    """Compares, and remembers of each operation where it was."""

    def __init__(self, until: int | None = None) -> None:
        super().__init__(until)
        self.operations: dict[EventId, Operation] = {}
        # Of the last two steps, in order.
        self.latest: list[Operation] = []
        self.happened: list[Event] = []
        self.by_address = False
        self.outside: list[Any] = []
        self.ends = False
        self._now: Event | None = None

    def begin(self, engine: Engine) -> None:
        super().begin(engine)
        trace: AnyTrace = engine.trace
        trace.__class__ = _Seen
        vars(trace)["witness"] = self

    def happens(self, event: Delivery | Thread) -> None:
        noted = Event(event.id, named(event), self.step, self.operations.get(event.id))
        self.happened.append(noted)
        super().happens(event)
        if not isinstance(event, Thread) and not event.cancelled():
            event.call = (self._enter, noted, *event.call)
        if self.difference is not None and not self.outside:
            self._look_around()

    def part(self) -> None:
        self.by_address = self.by_address or walks_by_address(nearest(sys._getframe()))
        self._look_around()

    def mark(self, digest: int) -> None:
        try:
            super().mark(digest)
        finally:
            if self.difference is not None:
                self._look_around()

    def fold(self, frame: Any, before: int) -> None:
        """Something is folded into the digest, by whoever this frame is of."""
        if self.difference is not None:
            return
        names = frame.f_locals
        folded = next((names[name] for name in _NAMES if name in names), None)
        folded = getattr(folded, "id", folded)
        own = nearest(frame)
        operation = Operation(folded, self.step, line_of(own), before, self._now)
        if isinstance(folded, tuple) and frame.f_code.co_name != "deliver":
            self.operations[EventId(folded)] = operation
        if self.latest and self.latest[0].step < self.step - 1:
            self.latest = [known for known in self.latest if known.step >= self.step - 1]
        self.latest.append(operation)
        self.by_address = self.by_address or walks_by_address(own)

    def where(self) -> str | None:
        """The line of the operation from which the difference follows, if one can be named."""
        difference = self.difference
        if difference is None:
            return None
        if difference.came is not None:
            source = self.operations.get(difference.came)
            return None if source is None else source.where
        step = [operation for operation in self.latest if operation.step == difference.step]
        found = _odd(step, difference.mark) if difference.mark is not None else None
        places = [operation.where for operation in (found, *reversed(step)) if operation is not None]
        return next((where for where in places if where is not None), None)

    def _look_around(self) -> None:
        threads = self.engine.baton.threads
        self.outside = list(own_threads({thread.real_ident for thread in threads}))

    @contextmanager
    def following(self) -> Iterator[None]:
        """Know of each callback in whose wake it runs."""
        with hooked((Scheduling, Scheduling.call_soon, self._call_soon)):
            yield

    def _call_soon(self, real: Callable[..., Any], loop: Any, *call: Any, **options: Any) -> Any:
        return real(loop, self._enter, self._now, *call, **options)

    def _enter(self, event: Event | None, call: Any, *arguments: Any) -> Any:
        self._now = event
        return call(*arguments)


def _odd(step: list[Operation], mark: int) -> Operation | None:
    """The operation without which, or from which on without the others, the digest would be the one expected."""
    for place, operation in enumerate(step):
        others = (step[:place] + step[place + 1 :], step[:place])
        if any(_folded(step[0].before, rest) & 0xFFFF == mark for rest in others):
            return operation
    return None


def _folded(digest: int, operations: list[Operation]) -> int:
    for operation in operations:
        digest = hash((digest, operation.step, operation.folded))
    return digest
