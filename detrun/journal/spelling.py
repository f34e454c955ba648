"""Entries in words and plain values: for people, and for programs that read JSON. Knows nothing of columns."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any, get_args

from detrun.journal.entries import (
    Decided,
    Emitted,
    Entry,
    GenerationMoved,
    Happened,
    InputKind,
    OutputKind,
    Phase,
    Received,
    Sent,
)
from detrun.model import hexadecimal, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from enum import IntEnum

    from detrun.journal.header import Header

_NUMBERED: dict[type, tuple[str, type[IntEnum]]] = {
    Received: ("kind", InputKind),
    Emitted: ("kind", OutputKind),
    GenerationMoved: ("phase", Phase),
}
_WORDS: dict[type, str] = {kind: re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower() for kind in get_args(Entry)}


def _hyphened(member: IntEnum) -> str:
    return member.name.lower().replace("_", "-")


WORDS = frozenset(_WORDS.values())
"""What kinds of entries there are."""

KINDS = WORDS | {_hyphened(member) for _, numbers in _NUMBERED.values() for member in numbers}
"""The same, and what kinds of inputs, of outputs, and phases."""


def word(entry: Entry | type) -> str:
    """What kind of entry it is: `received`, `context-begun`."""
    return _WORDS[entry if isinstance(entry, type) else type(entry)]


def kind(entry: Entry) -> str:
    """What kind of input, of output, or which phase: `read`, `hand-over`; the number, if it has no name."""
    field, numbers = _NUMBERED.get(type(entry), ("", None))
    if numbers is None:
        return ""
    number = getattr(entry, field)
    return _hyphened(numbers(number)) if number in numbers._value2member_map_ else str(number)


def event(entry: Entry) -> str:
    """The id of the event or operation, if the entry has one."""
    match entry:
        case Received() | Decided() | Sent() | Emitted() | Happened():
            return spelled(entry.event)
        case _:
            return ""


def plain(entry: Entry, name: Callable[[int], str]) -> dict[str, Any]:
    """The entry as an object of JSON: names instead of their numbers, bytes as text or in base64."""
    return {"entry": word(entry)} | dict(_fields(entry, name))


def facts(header: Header) -> dict[str, Any]:
    """A header as an object of JSON, without what only a reader needs."""
    values = {field: getattr(header, field) for field in header.__struct_fields__}
    values["sources"] = {path: blob.hex() for path, blob in sorted(header.sources.items())}
    for field in ("segment", "previous", "names", "step"):
        del values[field]
    return values


def _fields(entry: Entry, name: Callable[[int], str]) -> Iterator[tuple[str, Any]]:  # noqa: C901  # a case each
    for field in entry.__struct_fields__:
        value = getattr(entry, field)
        match field, value:
            case "origin", _:
                yield "event", event(entry)
            case "n", _:
                pass
            case "name", _:
                yield field, name(value)
            case (("kind" | "phase"), int()):
                yield field, kind(entry)
            case "digest", _:
                yield field, hexadecimal(value, 8 if isinstance(entry, Sent | Emitted) else 16)
            case "blob", _:
                yield field, value.hex()
            case "sources", _:
                yield field, {path: blob.hex() for path, blob in value}
            case _, bytes():
                yield _spelled(field, value)
            case _:
                yield field, value


def _spelled(field: str, data: bytes) -> tuple[str, str]:
    try:
        return field, data.decode()
    except UnicodeDecodeError:
        return f"{field}_base64", b64encode(data).decode("ascii")
