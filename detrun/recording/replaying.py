"""A run compared with an earlier one while it happens: it stops at the first difference, and says which that is."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from detrun.errors import RunError
from detrun.journal.entries import Checked, Decided, Happened, InputKind, Named, Received, Sent
from detrun.model import EventId, spelled
from detrun.recording.recording import filled, named
from detrun.scheduler.clock import SECOND
from detrun.scheduler.waits import whereabouts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from detrun.journal.entries import Entry
    from detrun.model import Decision
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.threads.thread import Thread

# So many of the events that led to a difference are told.
_BEFORE = 5
_MASK = 0xFFFF
_CONTROL = int(InputKind.CONTROL)
# As a tuple, which `isinstance` asks faster than a union.
_COMPARED = (Happened, Sent, Decided, Checked)


class Enough(RunError):
    """Ends a run that was compared as far as it was asked for, or as far as it is the same."""

    def __str__(self) -> str:
        return "the run was compared as far as it goes"


class Difference(msgspec.Struct, frozen=True):
    """Where a run parted from an earlier one: what was expected, what came, and the last events that both have."""

    step: int
    event: str
    expected: str
    actual: str
    where: str | None
    before: tuple[str, ...]
    # The id of the event that came instead, or the lower half of the digest that was expected.
    came: EventId | None = None
    mark: int | None = None


class Replaying:
    """Takes entries of an earlier run as what has to happen.

    `last` is the step in which it ended the run, if it did; `whole` is true once there was nothing left to compare.
    """

    def __init__(self, until: int | None = None) -> None:
        self.difference: Difference | None = None
        self.whole = False
        self.last: int | None = None
        self._entries: Iterator[Entry] = iter(())
        self._until = until
        self._names = {0: ""}
        self.before: deque[str] = deque(maxlen=_BEFORE)
        # What is expected up to the next look at the digest, and the marks up to there.
        self._group: deque[Happened | Sent | Decided | Checked] = deque()
        self._marks: memoryview | None = None
        self._mark = 0
        # The input that ended the run because its journal was full.
        self._full: Received | None = None
        self._engine: Engine | None = None
        self._over = False
        # Whether the run is to end as soon as it can: not in the middle of a hand-over between threads.
        self._ends = False

    @property
    def engine(self) -> Engine:
        """The engine of the run that is compared."""
        assert self._engine is not None
        return self._engine

    @property
    def step(self) -> int:
        """The step in which the run is."""
        return self.engine.trace.step

    def along(self, entries: Iterator[Entry]) -> None:
        """These are the entries of the earlier run."""
        self._entries = entries

    def expects(self) -> bool:
        """Whether it is known of something that has to happen still."""
        if not (self._over or self._group):
            self._fill()
        return not self._over and bool(self._group)

    def part(self) -> None:
        """Say nothing: whoever found it tells of it."""

    def begin(self, engine: Engine) -> None:
        self._engine = engine
        self._fill()

    def happens(self, event: Delivery | Thread) -> None:
        if self._over:
            return
        expected, name = self._next(), named(event)
        if expected is None:
            self._end()
        elif not isinstance(expected, Happened) or expected.event != event.id:
            self._part(self._told(expected), f"{name} ({spelled(event.id)})", name, event)
        elif expected.instant != self.engine.clock.now:
            self._part(_at(expected.instant), _at(self.engine.clock.now), name, event)
        else:
            self.before.append(f"step {self.step}: {name}")

    def sent(self, step: int, event: EventId, name: str, payload: bytes, digest: int) -> None:
        if self._over:
            return
        expected = self._next()
        if expected is None:
            self._end()
        elif not isinstance(expected, Sent) or expected.event != event:
            self._part(self._told(expected), f"{name} is sent ({spelled(event)})", name)
        elif expected.digest != digest:
            self._part(f"{expected.size} bytes …{expected.digest:08x}", f"{len(payload)} others", name)

    def moved(self, generation: int, phase: int, name: str, sources: Mapping[str, bytes], reason: str) -> None:
        """Say nothing: how far a generation is follows from events, which are compared."""

    def decided(self, decision: Decision) -> None:
        """Say nothing: a decision that is another one makes another event happen."""
        if self._group and isinstance(self._group[0], Decided):
            self._group.popleft()

    def mark(self, digest: int) -> None:
        marks = self._marks
        if marks is not None:
            mark = self._mark
            if mark < len(marks) and marks[mark] != digest & _MASK:
                expected = f"the digest …{marks[mark]:04x} after this step"
                self._part(expected, f"…{digest & _MASK:04x}", "an operation", mark=marks[mark])
            self._mark = mark + 1
        if self._until is not None and self.step >= self._until:
            self._end()
        self._leave()

    def full(self) -> RunError | None:
        entry = self._full
        if self._over or entry is None or entry.step > self.step:
            return None
        self._full = None
        return filled(int(entry.payload))

    def checked(self) -> None:
        self._leave()
        if self._over:
            return
        expected = self._next()
        trace = self.engine.trace
        if expected is None:
            self._end()
        elif not isinstance(expected, Checked) or (expected.step, expected.digest) != (trace.step, trace.digest):
            actual = f"{trace.step} steps so far, with the digest …{trace.digest & _MASK:04x}"
            self._part(self._told(expected), actual, "a look at the digest")
        self._fill()
        self._leave()

    def _next(self) -> Happened | Sent | Decided | Checked | None:
        if not self._group:
            self._fill()
        if not self._group:
            # Whoever wrote it down was ended in the middle, or it is the end.
            self.whole = True
            return None
        return self._group.popleft()

    def _fill(self) -> None:
        self._marks, self._mark = None, 0
        for entry in self._entries:
            if isinstance(entry, Received):  # which a live run has most of
                if entry.kind == _CONTROL:
                    self._full = entry
                    self.engine.hasten(entry.step)
            elif isinstance(entry, _COMPARED):
                self._group.append(entry)
                if isinstance(entry, Checked):
                    self._marks = _numbers(entry.marks)
                    return
            elif isinstance(entry, Named):
                self._names[entry.number] = entry.text

    def _told(self, entry: Happened | Sent | Decided | Checked | None) -> str:
        match entry:
            case Happened():
                return f"{self._names.get(entry.name, 'an event')} ({spelled(entry.event)})"
            case Sent():
                return f"{self._names.get(entry.name, 'a message')} is sent ({spelled(entry.event)})"
            case Checked():
                return f"{entry.step} steps so far, with the digest …{entry.digest & _MASK:04x}"
            case _:
                return "another decision"

    def _part(
        self, expected: str, actual: str, name: str, event: Delivery | Thread | None = None, mark: int | None = None
    ) -> None:
        where, came = whereabouts(self.engine, event), None if event is None else event.id
        self.difference = Difference(self.step, name, expected, actual, where, tuple(self.before), came, mark)
        self._end()

    def _end(self) -> None:
        """The run need not go on, and ends where it next can; what it does until then is not looked at."""
        self._over, self._marks, self._until, self.last = True, None, None, self.step
        self._ends = True
        self.engine.hasten()

    def _leave(self) -> None:
        if self._ends:
            self._ends = False
            raise Enough


def _numbers(marks: bytes) -> memoryview:
    return memoryview(marks).cast("H")


def _at(instant: int) -> str:
    return f"at {instant / SECOND:.9f} s"
