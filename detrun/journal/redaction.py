"""Secrets in bytes, and what stands for them: pseudonyms. Knows nothing of entries.

A pseudonym is as long as its secret: lengths that somebody wrote down, in HTTP or in msgpack, stay true, and what was
readable stays readable. It is numbered by first appearance, not derived from the secret: nobody can try what fits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HEADERS = ("authorization", "proxy-authorization", "cookie", "set-cookie")
"""Whose values are secret, however they are spelled: in HTTP/1, in JSON, in Python's `repr`, and in msgpack."""

_TELLING = 4
"""So much of the beginning of a secret, at the end of what was read, is taken for one that goes on."""

_LONGEST = 16 * 1024
_WORTH_LEARNING = 6
_MOST_STREAMS = 10_000
_HEADER = re.compile(rb"(?i)(?<![a-z0-9-])(%s)" % b"|".join(name.encode() for name in HEADERS))
_SEPARATOR = re.compile(rb"""["']?[ \t]*[:=,][ \t]*(?:b?(["']))?""")
_SCHEME = re.compile(rb"(?i)(?:basic|bearer|digest|negotiate|token|apikey)[ \t]+")
_COOKIE = re.compile(rb"([^=;,\s]+)=\"?([^;\"]*)")
_ATTRIBUTES = {b"path", b"domain", b"expires", b"max-age", b"samesite"}
# How msgpack says how long a string or a binary is: the first byte, and the size of the length behind it.
_LENGTHS = {0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC4: 1, 0xC5: 2, 0xC6: 4}


class _Stream(msgspec.Struct):
    """What is remembered of a channel: its last bytes, and the name of the header in whose value they end, if any."""

    tail: bytes = b""
    header: bytes = b""
    value: bytes = b""


class Pseudonyms:
    """Replaces secrets, each by the same pseudonym wherever it appears.

    Named secrets are known from the beginning; values of headers are learned where they appear.
    """

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self._labels: dict[str, int] = {}
        self._known: dict[bytes, bytes] = {}
        self._streams: dict[object, _Stream] = {}
        self._pattern: re.Pattern[bytes] | None = None
        self._overlap = 32
        self.names = tuple(sorted(secrets or {}))
        for name in self.names:
            value = (secrets or {})[name].encode("utf-8", "surrogatepass")
            if value:
                self._know(value, name)

    def again(self) -> None:
        """Begin a second reading of the same streams, with what was learned in the first."""
        self._streams.clear()

    def data(self, data: bytes, channel: object = None) -> bytes:
        """The same bytes without secrets. What is read from one channel is one stream: a secret may be split in it."""
        stream = self._stream(channel)
        changed = bytearray(data)
        for begin, end, value in self._found(data, stream):
            changed[begin:end] = value
        stream.tail = (stream.tail + data)[-self._overlap :]
        return bytes(changed)

    def text(self, text: str) -> str:
        """The same text without secrets."""
        data = text.encode("utf-8", "surrogatepass")
        changed = self.data(data)
        return text if changed == data else changed.decode("utf-8", "replace")

    def _stream(self, channel: object) -> _Stream:
        if channel is None:
            return _Stream()
        if len(self._streams) > _MOST_STREAMS:
            del self._streams[next(iter(self._streams))]
        return self._streams.setdefault(channel, _Stream())

    def _found(self, data: bytes, stream: _Stream) -> Iterator[tuple[int, int, bytes]]:
        """Where in the data is what instead."""
        yield from self._continued(data, stream)
        # Headers first: what they teach is replaced everywhere else.
        headers = list(self._in_headers(data, stream))
        yield from self._in_full(data, stream)
        yield from headers

    def _in_headers(self, data: bytes, stream: _Stream) -> Iterator[tuple[int, int, bytes]]:
        text, shift = stream.tail + data, len(stream.tail)
        for found in _HEADER.finditer(text):
            place = _value(text, found.end())
            if place is None or place[1] <= shift:
                continue
            begin, end, whole = place
            name = found[1].lower()
            for first, last in _secrets(name, text, begin, end):
                pseudonym = self._pseudonym(text[first:last], name.decode(), learn=whole)
                if last > shift:
                    yield max(first - shift, 0), last - shift, pseudonym[max(shift - first, 0) :]
            if not whole:
                stream.header, stream.value = name, text[begin:end][:_LONGEST]

    def _continued(self, data: bytes, stream: _Stream) -> Iterator[tuple[int, int, bytes]]:
        """The rest of a header's value that began in what was read before."""
        if not stream.header:
            return
        end = _end_of_line(data, 0)
        whole = end < len(data)
        stream.value = (stream.value + data[:end])[:_LONGEST]
        for first, last in _secrets(stream.header, stream.value, 0, len(stream.value)):
            pseudonym = self._pseudonym(stream.value[first:last], stream.header.decode(), learn=whole)
            shift = len(stream.value) - end
            if last > shift:
                yield max(first - shift, 0), last - shift, pseudonym[max(shift - first, 0) :]
        if whole:
            stream.header = stream.value = b""

    def _in_full(self, data: bytes, stream: _Stream) -> Iterator[tuple[int, int, bytes]]:
        """Known secrets wherever they are, also where they began in what was read before, or go on in what follows."""
        if not self._known:
            return
        if self._pattern is None:
            secrets = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile(b"|".join(map(re.escape, secrets)))
        text, shift = stream.tail + data, len(stream.tail)
        for found in self._pattern.finditer(text):
            if found.end() > shift:
                pseudonym = self._known[found[0]]
                yield max(found.start() - shift, 0), found.end() - shift, pseudonym[max(shift - found.start(), 0) :]
        yield from self._begun(data)

    def _begun(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        for secret, pseudonym in self._known.items():
            for size in range(min(len(secret) - 1, len(data)), _TELLING - 1, -1):
                if data.endswith(secret[:size]):
                    yield len(data) - size, len(data), pseudonym[:size]
                    break

    def _pseudonym(self, secret: bytes, label: str, *, learn: bool = True) -> bytes:
        if secret in self._known:
            return self._known[secret]
        longer = next((known for known in self._known if len(known) > len(secret) and known.startswith(secret)), None)
        if longer is not None and len(secret) >= _TELLING:
            return self._known[longer][: len(secret)]
        if learn and len(secret) >= _WORTH_LEARNING:
            return self._know(secret, label)
        return b"*" * len(secret)

    def _know(self, secret: bytes, label: str) -> bytes:
        self._labels[label] = number = self._labels.get(label, 0) + 1
        self._known[secret] = pseudonym = _fitted(f"{label}-{number}", number, len(secret))
        self._overlap = max(self._overlap, min(len(secret), _LONGEST))
        self._pattern = None
        return pseudonym


def _fitted(text: str, number: int, size: int) -> bytes:
    """The text in exactly so many bytes; if it does not fit, what tells it apart."""
    for candidate in (text, f"{text[:2]}{number}", str(number)):
        if len(candidate) <= size:
            return candidate.encode("ascii", "replace").ljust(size, b".")
    return b"*" * size


def _value(text: bytes, place: int) -> tuple[int, int, bool] | None:
    """Where the value of a header is whose name ends here, and whether all of it is there; None if it has none."""
    packed = _packed(text, place)
    if packed is not None:
        return packed
    separator = _SEPARATOR.match(text, place)
    if separator is None:
        return None
    begin, quote = separator.end(), separator[1]
    end = _end_of_line(text, begin)
    if quote is not None:
        closing = text.find(quote, begin, end)
        end = closing if closing >= 0 else end
    return (begin, end, end < len(text)) if end > begin else None


def _packed(text: bytes, place: int) -> tuple[int, int, bool] | None:
    first = text[place] if place < len(text) else 0
    if 0xA0 <= first <= 0xBF:
        begin, size = place + 1, first - 0xA0
    elif first in _LENGTHS and place + 1 + _LENGTHS[first] <= len(text):
        begin = place + 1 + _LENGTHS[first]
        size = int.from_bytes(text[place + 1 : begin], "big")
    else:
        return None
    end = min(begin + size, len(text))
    return (begin, end, begin + size <= len(text)) if end > begin else None


def _end_of_line(text: bytes, begin: int) -> int:
    ends = [end for end in (text.find(b"\r", begin), text.find(b"\n", begin)) if end >= 0]
    return min(ends, default=len(text))


def _secrets(name: bytes, text: bytes, begin: int, end: int) -> Iterable[tuple[int, int]]:
    """What is secret in the value of a header: credentials without their scheme, values of cookies without names."""
    if not name.endswith(b"cookie"):
        scheme = _SCHEME.match(text, begin, end)
        return [(scheme.end() if scheme else begin, end)]
    pairs = [pair for pair in _COOKIE.finditer(text, begin, end) if pair[1].lower() not in _ATTRIBUTES]
    return [pair.span(2) for pair in pairs if pair[2]] if pairs else [(begin, end)]
