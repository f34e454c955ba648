"""An earlier run at the edge of a live one: everything comes as it came then, and what leaves is compared."""

from __future__ import annotations

import signal
import sys
from array import array
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace

from detrun.errors import Divergence
from detrun.journal.checks import KIND, of_kind
from detrun.journal.entries import Emitted, Ended, InputKind, OutputKind, Received, Stored
from detrun.live.edge import COMING, READ_BEFORE, failure
from detrun.scheduler.own import line_of, nearest
from detrun.scheduler.waits import whereabouts
from detrun.scheduler.world.signals import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from detrun.journal.entries import Entry
    from detrun.live.edge import Look, Origin
    from detrun.live.lines import Line
    from detrun.scheduler.engine import Engine


class Inside(Protocol):
    """What an edge asks, and tells, of the inside of a run."""

    def expects(self) -> bool:
        """Whether the journal has more that is to happen there."""

    def part(self) -> None:
        """The run has parted at its edge, in what the program does right now."""


class RecordedEdge:
    """What a journal says of the outside, in its order. Where it ends, so does the run, as if it was killed there.

    `inside` is whoever compares what happens inside along the same journal, if anybody does; `checks` is what the
    journal's header says of how outputs are checked.
    """

    def __init__(self, entries: Iterable[Entry], inside: Inside | None = None, checks: str = KIND) -> None:
        self._inside = inside
        self._check = of_kind(checks)
        self._stored: dict[bytes, bytearray] = {}
        self._over = self._ended = False
        self._entries = self._passing(entries)
        self._next = next(self._entries, None)
        # Where the run parted. A program may swallow it, as asyncio's transports do with all that goes wrong.
        self.found: Divergence | None = None
        self.where: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left, or nothing to be compared any more."""
        return self._over or self.found is not None

    # asyncio's own.
    transport: Callable[..., Any] | None = None

    def begin(self, engine: Engine) -> None:
        self._engine = engine
        self._trace = engine.trace

    def ask(self, kind: int, origin: Origin, perform: Callable[..., bytes], *arguments: Any) -> bytes:
        entry = self._taken()
        origin.count = count = origin.count + 1
        if not isinstance(entry, Received) or (entry.kind, entry.origin, entry.n) != (kind, origin.key, count):
            raise self._divergence(entry, f"{InputKind(kind).name} {origin.key}.{count}")
        if entry.code:
            raise failure(entry.code)
        return entry.payload

    def reader(self, line: Line, otherwise: Callable[[int, int], bytes]) -> Callable[..., bytes]:
        return lambda size, flags=0: otherwise(size, flags)

    def writer(
        self, line: Line, pending: Callable[[Line], None], otherwise: Callable[[bytes], int]
    ) -> Callable[..., int]:
        return lambda data, _=0: otherwise(bytes(data))

    def emit(self, kind: int, line: Line, data: bytes, action: Any) -> None:
        if self.is_over:
            return
        line.told = count = line.told + 1
        entry, check = self._taken(), self._check(data)
        if not isinstance(entry, Emitted) or (entry.kind, entry.origin, entry.n, entry.digest, entry.size) != (
            kind,
            line.key,
            count,
            check,
            len(data),
        ):
            what = f"{OutputKind(kind).name} {line.key}.{count} of {len(data)} bytes: {data[:60]!r}"
            raise self._divergence(entry, what)

    def release(self) -> None:
        """Nothing leaves."""

    def watch(self, line: Line, mask: int) -> None:
        """It is on record what was ready."""

    def start(self, number: int, work: Callable[[], bytes]) -> None:
        """It is on record what it gave."""

    def await_end(self, number: int, pid: int) -> None:
        """It is on record how it ended."""

    def bury(self, pid: int) -> None:
        """There is none."""

    def remark(self, sentence: str) -> None:
        """Whoever recorded was told then."""

    def note_failure(self) -> None:
        """Whoever recorded was told then."""

    def look(self, timeout: float | None, deadline: int, *, deaf: bool = False) -> Look | None:
        if self.found is not None:
            raise self.found
        others: list[Received] = []
        step = self._trace.step
        while isinstance(entry := self._next, Received) and entry.kind in COMING and entry.step == step:
            self._taken()
            if entry.kind == InputKind.READY:
                return entry.instant, array("I", entry.payload), others
            others.append(entry)
        if timeout != 0.0 or (self._next is None and not self._ended and not self._goes_on()):
            # Where a journal was cut, nobody knows whether something came here.
            raise self._divergence(self._taken(), "that nothing is left to do but wait")
        return None

    def end(self) -> None:
        self._over = True

    def _goes_on(self) -> bool:
        return self._inside is not None and self._inside.expects()

    def _passing(self, entries: Iterable[Entry]) -> Iterator[Received | Emitted]:
        """What passes the edge, with what was stored before it because it was large."""
        for entry in entries:
            if isinstance(entry, Received):
                if entry.kind in READ_BEFORE:
                    continue
                yield replace(entry, payload=bytes(self._stored.pop(entry.blob)), blob=b"") if entry.blob else entry
            elif isinstance(entry, Emitted):
                yield entry
            elif isinstance(entry, Stored):
                self._stored.setdefault(entry.blob, bytearray()).extend(entry.data)
            elif isinstance(entry, Ended):
                self._ended = True

    def _taken(self) -> Received | Emitted:
        entry = self._next
        if self.found is not None:
            raise self.found
        if entry is None or self._over:
            self._over = True
            self._engine.kill(Killed(signal.SIGKILL))
        self._next = next(self._entries, None)
        return entry

    def _divergence(self, expected: Received | Emitted, actual: str) -> Divergence:
        kinds = InputKind if isinstance(expected, Received) else OutputKind
        said = f"{kinds(expected.kind).name} {expected.origin}.{expected.n} at step {expected.step}"
        self.found = Divergence(self._trace.step, said, actual)
        self.where = line_of(nearest(sys._getframe())) or whereabouts(self._engine)
        if self._inside is not None:
            self._inside.part()
        # What the program does from here on is another run, of which nobody shall say that it parted.
        self._trace.forget()
        return self.found
