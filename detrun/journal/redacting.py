"""A recorder that writes no secrets down. What it leaves out no replay can reproduce: the header has to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from detrun.journal.entries import Emitted, InputKind, OutputKind, Received, Sent, whole
from detrun.journal.recorder import Level, Recorder
from detrun.journal.sharing import stream_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.journal.batch import Book
    from detrun.journal.entries import Entry, Row
    from detrun.journal.pseudonyms import Pseudonyms
    from detrun.journal.sinks import Sink
    from detrun.model import EventId


class Redacting(Recorder):
    """Records with pseudonyms instead of secrets.

    A secret that arrives in two pieces is found in both, but for its first three bytes: those are written, for they
    have to be before they act, and may be anything.
    """

    def __init__(
        self,
        sink: Sink,
        pseudonyms: Pseudonyms,
        level: Level = Level.LEAN,
        rows: Callable[[Row], None] | None = None,
    ) -> None:
        super().__init__(sink, level, rows)
        self._pseudonyms = pseudonyms
        self._swift = None

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
        stream = (InputKind, name or event[0]) if kind == InputKind.READ else None
        payload = self._pseudonyms.data(payload, stream)
        super().received(step, kind, event, name, payload, code=code, instant=instant)

    def sent(self, step: int, event: EventId, name: int, payload: bytes, known: int | None = None) -> None:
        # The digest of what is written, and not of what was sent.
        super().sent(step, event, name, self._pseudonyms.data(payload))

    def emitted(
        self, step: int, kind: OutputKind, event: EventId, name: int, payload: bytes = b"", *, code: int = 0
    ) -> None:
        stream = (OutputKind, name or event[0]) if kind == OutputKind.WRITE else None
        super().emitted(step, kind, event, name, self._pseudonyms.data(payload, stream), code=code)

    def blob(self, data: bytes) -> bytes:
        return super().blob(self._pseudonyms.data(data))

    def text(self, text: str) -> str:
        return super().text(self._pseudonyms.text(text))


class RedactingBook:
    """Takes entries that somebody made without asking a recorder, and writes them down without secrets."""

    def __init__(self, book: Book, pseudonyms: Pseudonyms) -> None:
        self._book = book
        self._pseudonyms = pseudonyms

    def extend(self, entries: list[Entry]) -> None:
        self._book.extend([self._without(entry) for entry in entries])

    def add(self, entries: list[Entry | Row]) -> None:
        self.extend(whole(entries))

    def put(self, entries: list[Entry | Row]) -> None:
        self.add(entries)
        self._book.flush()

    def flush(self) -> None:
        self._book.flush()

    def _without(self, entry: Entry) -> Entry:
        if not isinstance(entry, Received | Emitted | Sent) or not entry.payload:
            return entry
        return replace(entry, payload=self._pseudonyms.data(entry.payload, stream_of(entry)))
