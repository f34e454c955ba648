"""Secrets in bytes, and what stands for them: pseudonyms. Knows nothing of entries.

A pseudonym is as long as its secret: lengths that somebody wrote down, in HTTP or in msgpack, stay true, and what was
readable stays readable. It is numbered by first appearance, not derived from the secret: nobody can try what fits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.journal.credentials import Value, secrets, values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_TELLING = 4
"""So much of the beginning of a secret, at the end of what was read, is taken for one that goes on."""

_LONGEST = 16 * 1024
_WORTH_LEARNING = 6
_MOST_STREAMS = 10_000

Change = tuple[int, int, bytes]
"""From here to there in the data, this instead."""


class _Stream(msgspec.Struct):
    """What is remembered of a channel: its last bytes, and the value of a header that goes on behind them."""

    tail: bytes = b""
    value: Value | None = None
    text: bytes = b""


class Pseudonyms:
    """Replaces secrets, each by the same pseudonym wherever it appears.

    Named secrets are known from the beginning; values of headers are learned where they appear, the first so many.
    """

    def __init__(self, named: Mapping[str, str] | None = None, most: int = 500) -> None:
        self.names = tuple(sorted(named or {}))
        self._most = most
        self._labels: dict[str, int] = {}
        self._known: dict[bytes, bytes] = {}
        # Secrets by how they begin.
        self._beginnings: dict[bytes, list[bytes]] = {}
        self._streams: dict[object, _Stream] = {}
        self._pattern: re.Pattern[bytes] | None = None
        self._overlap = 32
        for name, secret in sorted((named or {}).items()):
            if secret:
                self._know(secret.encode("utf-8", "surrogatepass"), name)

    def again(self) -> None:
        """Begin a second reading of the same streams, with what was learned in the first."""
        self._streams.clear()

    def learn(self, data: bytes, channel: object = None) -> None:
        """Learn the secrets in the data, and replace none."""
        stream = self._stream(channel)
        for _ in (*self._continued(data, stream), *self._in_headers(data, stream)):
            pass
        stream.tail = (stream.tail + data)[-self._overlap :]

    def data(self, data: bytes, channel: object = None) -> bytes:
        """The same bytes without secrets. What is read from one channel is one stream: a secret may be split in it."""
        stream = self._stream(channel)
        # Headers first, for what they teach is replaced everywhere else; but in them, they have the last word.
        headers = [*self._continued(data, stream), *self._in_headers(data, stream)]
        changed = bytearray(data)
        for begin, end, value in (*self._in_full(data, stream), *self._begun(data), *headers):
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

    def _in_headers(self, data: bytes, stream: _Stream) -> Iterator[Change]:
        text, shift = stream.tail + data, len(stream.tail)
        for value in values(text):
            if value.end > shift:
                yield from self._in_value(text, value.begin, value, shift)
                if not value.whole:
                    stream.value, stream.text = value, text[value.begin : value.end]

    def _continued(self, data: bytes, stream: _Stream) -> Iterator[Change]:
        """The rest of a header's value that began in what was read before."""
        if stream.value is None:
            return
        rest = stream.value.rest(data)
        begun = len(stream.text)
        stream.text += data[: rest.end]
        yield from self._in_value(stream.text, 0, rest, begun)
        stream.value = None if rest.whole or len(stream.text) > _LONGEST else rest

    def _in_value(self, text: bytes, begin: int, value: Value, shift: int) -> Iterator[Change]:
        """The secrets in a value that begins here in the text, of which the data is what is behind the shift."""
        end = value.end if begin else shift + value.end
        for first, last in secrets(value.header, text, begin, end):
            pseudonym = self._pseudonym(text[first:last], value.header.decode(), learn=value.whole)
            if last > shift:
                yield max(first - shift, 0), last - shift, pseudonym[max(shift - first, 0) :]

    def _in_full(self, data: bytes, stream: _Stream) -> Iterator[Change]:
        """Known secrets wherever they are, also where they began in what was read before."""
        if not self._known:
            return
        if self._pattern is None:
            self._pattern = _any_of(self._known)
        text, shift = stream.tail + data, len(stream.tail)
        for found in self._pattern.finditer(text):
            if found.end() > shift:
                pseudonym = self._known[found[0]]
                yield max(found.start() - shift, 0), found.end() - shift, pseudonym[max(shift - found.start(), 0) :]

    def _begun(self, data: bytes) -> Iterator[Change]:
        """A known secret that may go on in what follows."""
        if not self._known:
            return
        for place in range(max(len(data) - self._overlap, 0), len(data) - _TELLING + 1):
            begun = data[place:]
            for secret in self._beginnings.get(begun[:_TELLING], ()):
                if secret.startswith(begun):
                    yield place, len(data), self._known[secret][: len(begun)]
                    return

    def _pseudonym(self, secret: bytes, label: str, *, learn: bool) -> bytes:
        if secret in self._known:
            return self._known[secret]
        for longer in self._beginnings.get(secret[:_TELLING], ()):
            if longer.startswith(secret):
                return self._known[longer][: len(secret)]
        if learn and len(secret) >= _WORTH_LEARNING and len(self._known) < self._most:
            return self._know(secret, label)
        return b"*" * len(secret)

    def _know(self, secret: bytes, label: str) -> bytes:
        self._labels[label] = number = self._labels.get(label, 0) + 1
        self._known[secret] = pseudonym = _fitted(f"{label}-{number}", number, len(secret))
        self._beginnings.setdefault(secret[:_TELLING], []).append(secret)
        self._overlap = max(self._overlap, min(len(secret), _LONGEST))
        self._pattern = None
        return pseudonym


def _fitted(text: str, number: int, size: int) -> bytes:
    """The text in exactly so many bytes; if it does not fit, what tells it apart."""
    for candidate in (text, f"{text[:2]}{number}", str(number)):
        if len(candidate) <= size:
            return candidate.encode("ascii", "replace").ljust(size, b".")
    return b"*" * size


def _any_of(words: Collection[bytes]) -> re.Pattern[bytes]:
    """A pattern for any of these, the longest that fits. As a tree: a list would be tried word by word, everywhere."""
    try:
        return re.compile(_branches(_tree(words)))
    except RecursionError:
        # Words of which each begins the next, which somebody must have thought of: slower, but without depth.
        return re.compile(b"|".join(map(re.escape, sorted(words, key=len, reverse=True))))


def _tree(words: Iterable[bytes]) -> dict[int, Any]:
    tree: dict[int, Any] = {}
    for word in words:
        node = tree
        for byte in word:
            node = node.setdefault(byte, {})
        node[-1] = None
    return tree


def _branches(tree: dict[int, Any]) -> bytes:
    """The pattern of a tree: what all have in common is not nested, or long words would nest too deep."""
    pattern, closing = [], 0
    while True:
        ends = tree.pop(-1, 0) is None
        if ends and not tree:
            break
        if len(tree) > 1:
            alternatives = b"|".join(re.escape(bytes((byte,))) + _branches(node) for byte, node in tree.items())
            pattern.append(b"(?:%s)" % alternatives + (b"?" if ends else b""))
            break
        ((byte, tree),) = tree.items()
        if ends:
            pattern.append(b"(?:")
            closing += 1
        pattern.append(re.escape(bytes((byte,))))
    return b"".join(pattern) + b")?" * closing
