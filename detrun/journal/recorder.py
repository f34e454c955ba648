"""The recorder: what happens in a run, as entries. Knows neither how they are kept nor who makes them happen.

It gives names their numbers, stores what is too large for an entry as a blob, and leaves out what the level does
without.
"""

from __future__ import annotations

import zlib
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING

from detrun.journal.checks import of_output
from detrun.journal.entries import (
    HAPPENED,
    SENT,
    Checked,
    ContextBegun,
    ContextEnded,
    Cut,
    Decided,
    Emitted,
    Ended,
    Failed,
    GenerationMoved,
    Happened,
    Named,
    Received,
    Sent,
    Snapshot,
    Stored,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from detrun.journal.entries import InputKind, OutputKind, Phase, Row
    from detrun.journal.sinks import Sink
    from detrun.model import Decision, EventId, Failure

PART = 1024 * 1024
"""What is larger than this is stored as a blob, in parts of this size."""

_LONGEST_TEXT = 256 * 1024
_MOST_NAMES = 50_000


class Level(Enum):
    """How much a journal says of messages and outputs."""

    LEAN = "lean"
    """Their size and digest: what they said follows from running it again."""

    FULL = "full"
    """What they said, too."""


def parts_of(blob: bytes, data: bytes) -> Iterator[Stored]:
    """The entries by which a blob of this name is stored."""
    view = memoryview(data)
    for part in range(max((len(data) + PART - 1) // PART, 1)):
        begin = part * PART
        yield Stored(blob, part, bytes(view[begin : begin + PART]), begin + PART >= len(data))


class Recorder:
    """Writes down what happens, in order, each thing before it has its effect."""

    def __init__(self, sink: Sink, level: Level = Level.LEAN, rows: Callable[[Row], None] | None = None) -> None:
        self.sink = sink
        self._append = sink.append
        # Who takes the commonest entries as rows, at a fraction of their price.
        self._rows = rows
        self._full = level is Level.FULL
        # Who takes messages so, of which nothing is kept but the digest that they came with.
        self._swift = None if self._full else rows
        self._names: dict[str, int] = {"": 0}
        self._last_name = 0
        self._blobs: set[bytes] = set()

    def name(self, text: str) -> int:
        """The number that stands for this name."""
        number = self._names.get(text)
        if number is None:
            self._last_name = number = self._last_name + 1
            self._append(Named(number, self.text(text)))
            if len(self._names) >= _MOST_NAMES:
                self._names = {"": 0}  # whoever comes again gets another number
            self._names[text] = number
        return number

    def received(
        self,
        step: int,
        kind: InputKind,
        event: EventId,
        name: int,
        payload: bytes = b"",
        *,
        code: int = 0,
        instant: int = 0,
    ) -> None:
        """Something came from outside, and has not acted yet."""
        if len(payload) > PART:
            blob = self.blob(payload)
            self._append(Received(step, kind, event[0], event[1], name, b"", code, instant, blob))
        else:
            self._append(Received(step, kind, event[0], event[1], name, payload, code, instant))

    def decided(self, decision: Decision, name: int = 0) -> None:
        """A choice point was answered otherwise than by default; the turn that follows from it has not begun."""
        self._append(Decided(decision.step, decision.event[0], decision.event[1], decision.answer, name))

    def sent(self, step: int, event: EventId, name: int, payload: bytes, known: int | None = None) -> None:
        """A message is on its way; its digest may be known."""
        told = zlib.crc32(payload) if known is None else known
        if self._rows is not None and not self._full:
            self._rows((SENT, step, *event, name, told, len(payload)))
            return
        kept, blob = self._payload(payload)
        self._append(Sent(step, event[0], event[1], name, told, len(payload), kept, blob))

    def message(self, step: int, event: EventId, text: str, payload: bytes, digest: int) -> None:
        """The same for one whose channel has this name."""
        number = self._names.get(text)
        if number is None:
            number = self.name(text)
        if self._swift is not None:
            self._swift((SENT, step, *event, number, digest, len(payload)))
        else:
            self.sent(step, event, number, payload, digest)

    def happens(self, step: int, event: EventId, text: str, instant: int) -> None:
        """An event of the run's own happens, which has this name."""
        number = self._names.get(text)
        if number is None:
            number = self.name(text)
        if self._rows is not None:
            self._rows((HAPPENED, step, *event, number, instant))
        else:
            self._append(Happened(step, event[0], event[1], number, instant))

    def emitted(
        self, step: int, kind: OutputKind, event: EventId, name: int, payload: bytes = b"", *, code: int = 0
    ) -> None:
        """Something is about to leave."""
        kept, blob = self._payload(payload)
        size = len(payload)
        self._append(Emitted(step, kind, event[0], event[1], name, of_output(payload), size, kept, code, blob))

    def checked(self, step: int, digest: int, instant: int = 0, marks: bytes = b"") -> None:
        """The digest of everything up to the end of this step, and what it was on the way."""
        self._append(Checked(step, digest, instant, marks))

    def context_begun(
        self, step: int, context: int, name: str, kind: str, *, parent: int = 0, generation: int = 0
    ) -> None:
        """A context is there."""
        self._append(ContextBegun(step, context, self.name(name), kind, parent, generation))

    def context_ended(self, step: int, context: int, reason: str = "") -> None:
        """A context is gone."""
        self._append(ContextEnded(step, context, self.text(reason)))

    def generation_moved(
        self,
        step: int,
        generation: int,
        phase: Phase,
        *,
        name: str = "",
        sources: Mapping[str, bytes] | None = None,
        reason: str = "",
    ) -> None:
        """A generation has come this far; its sources, path by path, are stored unless they already are."""
        named = self.name(name)
        stored = tuple((self.text(path), self.blob(source)) for path, source in (sources or {}).items())
        self._append(GenerationMoved(step, generation, phase, named, stored, self.text(reason)))

    def snapshot(self, step: int, name: str, blob: bytes, size: int) -> None:
        """What a storage contains, stored as a blob before."""
        self._append(Snapshot(step, self.name(name), blob, size))

    def cut(self, step: int, reason: str = "") -> None:
        """A run could begin here."""
        self._append(Cut(step, self.text(reason)))

    def failed(self, step: int, failure: Failure) -> None:
        """The program under test failed."""
        message, where, traceback = map(self.text, (failure.message, failure.where or "", failure.traceback))
        self._append(Failed(step, failure.kind, message, where, traceback))

    def ended(self, step: int, outcome: str, exit_code: int = 0, digest: int = 0, instant: int = 0) -> None:
        """The run is over."""
        self._append(Ended(step, outcome, exit_code, digest, instant))

    def blob(self, data: bytes) -> bytes:
        """Store this, unless it is stored already; the name it has."""
        name = sha256(data).digest()
        if self.is_new(name):
            for part in parts_of(name, data):
                self._append(part)
        return name

    def is_new(self, blob: bytes) -> bool:
        """Whether a blob of this name has to be stored: the first to ask does it."""
        if blob in self._blobs:
            return False
        self._blobs.add(blob)
        return True

    def part(self, blob: bytes, part: int, data: bytes, *, last: bool) -> None:
        """A part of a blob. Parts of two blobs do not mix."""
        self._append(Stored(blob, part, data, last))

    def text(self, text: str) -> str:
        """A text as it is written: without halves of characters, and not endlessly long."""
        if len(text) > _LONGEST_TEXT:
            half = _LONGEST_TEXT // 2
            text = f"{text[:half]}\n...\n{text[-half:]}"
        return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()

    def _payload(self, payload: bytes) -> tuple[bytes, bytes]:
        if not self._full:
            return b"", b""
        return (b"", self.blob(payload)) if len(payload) > PART else (payload, b"")
