"""In which line of a file something stands. It is for messages: what it cannot find it leaves out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = tuple[str | int, ...]
"""The way to a part of a configuration."""

_SPACE = re.compile(r"\s*")
_TABLE = re.compile(r"\s*(\[\[?)([^\[\]]+)\]")
_ASSIGNED = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_decoder = json.JSONDecoder()


def line_of(key: Key, text: str, suffix: str) -> int | None:
    """The line of what this key leads to, or of the nearest thing around it."""
    try:
        lines = dict(_json(text) if suffix == ".json" else _toml(text))
    except (ValueError, IndexError):
        return None
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key)


def _json(text: str) -> Iterator[tuple[Key, int]]:
    found: list[tuple[Key, int]] = []
    _value(text, _skip(text, 0), (), found)
    return ((key, text.count("\n", 0, at) + 1) for key, at in found)


def _value(text: str, at: int, key: Key, found: list[tuple[Key, int]]) -> int:
    match text[at]:
        case "{":
            return _members(text, at, key, found)
        case "[":
            return _items(text, at, key, found)
        case _:
            return _decoder.raw_decode(text, at)[1]


def _members(text: str, at: int, key: Key, found: list[tuple[Key, int]]) -> int:
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, after = _decoder.raw_decode(text, at)
        found.append(((*key, name), at))
        at = _value(text, _skip(text, _skip(text, after) + 1), (*key, name), found)
        at = _next(text, at)
    return at + 1


def _items(text: str, at: int, key: Key, found: list[tuple[Key, int]]) -> int:
    at = _skip(text, at + 1)
    number = 0
    while text[at] != "]":
        found.append(((*key, number), at))
        at = _next(text, _value(text, at, (*key, number), found))
        number += 1
    return at + 1


def _next(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _toml(text: str) -> Iterator[tuple[Key, int]]:
    table: Key = ()
    counts: dict[Key, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = _within(_names(header[2]), counts)
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                if not counts[table]:
                    yield table, number
                table = (*table, counts[table])
            yield table, number
        elif assigned := _ASSIGNED.match(line):
            yield (*table, *_names(assigned[1])), number


def _within(names: Key, counts: dict[Key, int]) -> Key:
    # A header names the last entry of each list on its way, without its number.
    key: Key = ()
    for at, name in enumerate(names):
        key = (*key, name)
        if at < len(names) - 1 and key in counts:
            key = (*key, counts[key])
    return key


def _names(dotted: str) -> Key:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def spelled(key: Key) -> str:
    """A key as one would say it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).removeprefix(".")
