"""A run's entries as they may leave the machine: the same run, with pseudonyms instead of secrets. Writes nothing."""

from __future__ import annotations

import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from detrun.journal.checks import KIND, of_kind
from detrun.journal.credentials import HEADERS
from detrun.journal.entries import Emitted, Entry, InputKind, OutputKind, Received, Sent, Stored
from detrun.journal.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from detrun.journal.header import Header


_MOST_LEARNED = 100_000


class Sharing:
    """A run without its secrets. It is read three times: to learn them, to name blobs anew, and to give them."""

    def __init__(
        self,
        entries: Callable[[], Iterable[Entry]],
        secrets: Mapping[str, str] | None = None,
        checks: str = KIND,
    ) -> None:
        self._entries = entries
        self._check = of_kind(checks)
        self._pseudonyms = Pseudonyms(secrets, _MOST_LEARNED)
        self._blobs: dict[bytes, bytes] = {}
        # By the name of a field: what is new comes under a rule when it is called what it is.
        self._rules: dict[str, Callable[[Any, Any], Any]] = {
            "payload": self._payload,
            "data": self._data,
            "blob": self._blob,
            "sources": self._sources,
            **dict.fromkeys(("text", "reason", "message", "where", "traceback"), self._text),
        }
        for entry in entries():
            self._learn(entry)
        self._pseudonyms.again()
        self._name_blobs()

    def entries(self) -> Iterator[Entry]:
        """The entries, as many as there are, and as long as they are."""
        self._pseudonyms.again()
        return map(self._without, self._entries())

    def header(self, header: Header) -> Header:
        """The header of the same run, which says what was replaced."""
        text = self._pseudonyms.text
        return replace(
            header,
            target=text(header.target),
            arguments=tuple(map(text, header.arguments)),
            configuration={text(name): text(value) for name, value in header.configuration.items()},
            environment=self._environment(header.environment),
            sources={text(path): self._blobs.get(blob, blob) for path, blob in header.sources.items()},
            redacted=tuple(sorted({*header.redacted, *described(self._pseudonyms)})),
        )

    def text(self, text: str) -> str:
        """A text of the run without secrets."""
        return self._pseudonyms.text(text)

    def _environment(self, environment: dict[str, str]) -> dict[str, str]:
        # A variable that has the name of a secret has its value, whatever that was when it was read.
        return {
            name: "*" * len(value) if name in self._pseudonyms.names else self._pseudonyms.text(value)
            for name, value in environment.items()
        }

    def _name_blobs(self) -> None:
        hashed = sha256()
        for entry in self._entries():
            if isinstance(entry, Stored):
                hashed.update(self._pseudonyms.data(entry.data, entry.blob))
                if entry.last:
                    self._blobs[entry.blob] = hashed.digest()
                    hashed = sha256()

    def _without(self, entry: Entry) -> Entry:
        changes: dict[str, Any] = {}
        for field in entry.__struct_fields__:
            rule = self._rules.get(field)
            if rule is not None and (value := getattr(entry, field)):
                changed = rule(entry, value)
                if changed != value:
                    changes[field] = changed
        if "payload" in changes and isinstance(entry, Sent | Emitted):
            check = zlib.crc32 if isinstance(entry, Sent) else self._check
            changes["digest"] = check(changes["payload"])
        return replace(entry, **changes) if changes else entry

    def _learn(self, entry: Entry) -> None:
        for field in entry.__struct_fields__:
            match getattr(entry, field):
                case str(text):
                    self._pseudonyms.learn(text.encode("utf-8", "surrogatepass"))
                case bytes(data) if field == "data":
                    self._pseudonyms.learn(data, getattr(entry, "blob", None))
                case bytes(data) if field == "payload":
                    self._pseudonyms.learn(data, stream_of(entry))

    def _payload(self, entry: Any, payload: bytes) -> bytes:
        return self._pseudonyms.data(payload, stream_of(entry))

    def _data(self, entry: Any, data: bytes) -> bytes:
        return self._pseudonyms.data(data, entry.blob)

    def _blob(self, _entry: Any, blob: bytes) -> bytes:
        return self._blobs.get(blob, blob)

    def _sources(self, _entry: Any, sources: tuple[tuple[str, bytes], ...]) -> tuple[tuple[str, bytes], ...]:
        return tuple((self._pseudonyms.text(path), self._blobs.get(blob, blob)) for path, blob in sources)

    def _text(self, _entry: Any, text: str) -> str:
        return self._pseudonyms.text(text)


def stream_of(entry: Entry) -> object:
    """What the payload of an entry is a piece of; None if it is whole by itself."""
    match entry:
        case Received(kind=InputKind.READ) | Emitted(kind=OutputKind.WRITE):
            return type(entry), entry.name or entry.origin
        case _:
            return None


def described(pseudonyms: Pseudonyms) -> list[str]:
    """What is replaced, for the header."""
    return [*(f"header {name}" for name in HEADERS), *(f"secret {name}" for name in pseudonyms.names)]
