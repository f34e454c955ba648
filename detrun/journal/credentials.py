"""Where credentials stand in bytes: values of headers that are secret, however they are spelled. Replaces nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEADERS = ("authorization", "proxy-authorization", "cookie", "set-cookie")
"""Whose values are secret: in HTTP/1, in JSON, in Python's `repr`, and in msgpack."""

_HEADER = re.compile(rb"(?i)(?<![a-z0-9-])(%s)" % b"|".join(name.encode() for name in HEADERS))
_SEPARATOR = re.compile(rb"""["']?[ \t]*[:=,][ \t]*(?:b?(["']))?""")
_SCHEME = re.compile(rb"(?i)(?:basic|bearer|digest|negotiate|token|apikey)[ \t]+")
_COOKIE = re.compile(rb"([^=;,\s]+)=\"?([^;\"]*)")
_ATTRIBUTES = {b"path", b"domain", b"expires", b"max-age", b"samesite"}
# How msgpack says how long a string or a binary is: the first byte, and the size of the length behind it.
_LENGTHS = {0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC4: 1, 0xC5: 2, 0xC6: 4}


class Value(msgspec.Struct, frozen=True):
    """The value of a header, from here to there, and how it ends if it is not whole.

    That is after so many more bytes, or at a quotation mark, or at the end of the line.
    """

    header: bytes
    begin: int
    end: int
    whole: bool
    left: int = 0
    quote: bytes = b""

    def rest(self, data: bytes) -> Value:
        """What belongs to it of the bytes that follow."""
        if self.left:
            end = min(self.left, len(data))
            return Value(self.header, 0, end, whole=self.left <= len(data), left=self.left - end)
        end = _end_of_text(data, 0, self.quote)
        return Value(self.header, 0, end, whole=end < len(data), quote=self.quote)


def values(text: bytes) -> Iterator[Value]:
    """The values of secret headers in a text."""
    for found in _HEADER.finditer(text):
        header, place = found[1].lower(), found.end()
        value = _packed(header, text, place) or _spelled(header, text, place)
        if value is not None and value.end > value.begin:
            yield value


def secrets(header: bytes, text: bytes, begin: int, end: int) -> Iterable[tuple[int, int]]:
    """What is secret in the value of a header: credentials without their scheme, values of cookies without names."""
    if not header.endswith(b"cookie"):
        scheme = _SCHEME.match(text, begin, end)
        return [(scheme.end() if scheme else begin, end)]
    pairs = [pair for pair in _COOKIE.finditer(text, begin, end) if pair[1].lower() not in _ATTRIBUTES]
    return [pair.span(2) for pair in pairs if pair[2]] if pairs else [(begin, end)]


def _spelled(header: bytes, text: bytes, place: int) -> Value | None:
    separator = _SEPARATOR.match(text, place)
    if separator is None:
        return None
    quote = separator[1] or b""
    end = _end_of_text(text, separator.end(), quote)
    return Value(header, separator.end(), end, whole=end < len(text), quote=quote)


def _packed(header: bytes, text: bytes, place: int) -> Value | None:
    first = text[place] if place < len(text) else 0
    if 0xA0 <= first <= 0xBF:
        begin, size = place + 1, first - 0xA0
    elif first in _LENGTHS and place + 1 + _LENGTHS[first] <= len(text):
        begin = place + 1 + _LENGTHS[first]
        size = int.from_bytes(text[place + 1 : begin], "big")
    else:
        return None
    end = min(begin + size, len(text))
    return Value(header, begin, end, whole=begin + size <= len(text), left=begin + size - end)


def _end_of_text(text: bytes, begin: int, quote: bytes) -> int:
    ends = (text.find(mark, begin) for mark in (b"\r", b"\n", quote) if mark)
    return min((end for end in ends if end >= 0), default=len(text))
