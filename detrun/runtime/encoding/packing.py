"""What msgpack has a type for, as bytes; integers and strings that it cannot hold are looked for only if it says so."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any

from msgspec.msgpack import Encoder, Ext

from detrun.runtime.encoding import codes

if TYPE_CHECKING:
    from collections.abc import Collection

ATOMS = frozenset({NoneType, bool, int, float, str, bytes})
"""Types whose values stand for themselves."""

_encode = Encoder().encode
_LONGEST_KEY = 60
_MOST = 100_000
_DEEP = 50


class Refused(Exception):
    """Something cannot travel; whoever knows where it stands makes a sentence of it."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason, hint)
        self.reason = reason
        self.hint = hint


Stop = tuple[object, str, object]
"""A step of the way to a part of a value: what contains it, and the form and the key by which its place is spelled."""

ITEM = "[{}]"
MEMBER = "{{{}}}"
KEY = "(key {})"
FIELD = ".{}"


def native(value: object) -> bool:
    """Whether a value is made of atoms, lists and dicts alone: most are, and need not be taken apart.

    It gives up on what is very large or deep, which may contain itself, or share its parts beyond all bounds.
    """
    return type(value) in ATOMS or _native(value, _MOST, 0) >= 0


def _native(value: Any, left: int, depth: int) -> int:
    """How many items may still come after those of this container; negative if it is not made of atoms alone."""
    # By its type only: `isinstance` asks an object for its class, and that may be code of anybody's.
    kind = type(value)
    if kind is dict:
        if not ATOMS.issuperset(map(type, value)):
            return -1
        items: Collection[object] = value.values()
    elif kind is list:
        items = value
    else:
        return -1
    left -= len(items)
    if left < 0 or depth > _DEEP or ATOMS.issuperset(map(type, items)):
        return left if depth <= _DEEP else -1
    for item in items:
        if type(item) not in ATOMS:
            left = _native(item, left, depth + 1)
            if left < 0:
                break
    return left


def spelled(trail: list[Stop]) -> str:
    """Where a trail leads."""
    # A key of another type has a `__repr__` of its own, which may do anything.
    names = [key if form == FIELD else _short(key) if type(key) in ATOMS else _kind(key) for _, form, key in trail]
    return "".join(form.format(name) for (_, form, _), name in zip(trail, names, strict=True))


def packed(plain: object, trail: list[Stop]) -> bytes:
    """Bytes for what is made of atoms, lists, dicts and extensions; the trail is left where it was refused."""
    try:
        return _encode(plain)
    except (OverflowError, UnicodeEncodeError):
        return _encode(_fitting(plain, trail))


def _fitting(plain: object, trail: list[Stop]) -> object:
    """The same with large integers as extensions; a string that no text could hold is refused."""
    kind = type(plain)
    if isinstance(plain, int) and kind is int:
        return plain if -(1 << 63) <= plain < 1 << 64 else integer(plain)
    if isinstance(plain, str):
        return _text(plain)
    if isinstance(plain, list | tuple):
        return [_at((plain, ITEM, index), item, trail) for index, item in enumerate(plain)]
    if isinstance(plain, dict):
        return _fitting_dict(plain, trail)
    return plain


def _fitting_dict(plain: dict[object, object], trail: list[Stop]) -> object:
    keys = [_at((plain, KEY, key), key, trail) for key in plain]
    items = [_at((plain, ITEM, key), item, trail) for key, item in plain.items()]
    if any(type(key) is Ext for key in keys):
        return pairs(keys, items)
    return dict(zip(keys, items, strict=True))


def _at(stop: Stop, part: object, trail: list[Stop]) -> object:
    trail.append(stop)
    fitting = _fitting(part, trail)
    trail.pop()
    return fitting


def pairs(keys: list[object], items: list[object]) -> Ext:
    """A dict whose keys msgpack has no type for."""
    return Ext(codes.PAIRS, _encode([part for pair in zip(keys, items, strict=True) for part in pair]))


def integer(value: int) -> Ext:
    """An integer of any size."""
    return Ext(codes.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        reason = f"a string with a lone surrogate ({value[error.start]!r} at {error.start}) cannot travel"
        raise Refused(reason, "send bytes, or encode it with errors='surrogatepass'") from error
    return value


def _short(value: object) -> str:
    # Digits of large integers take the square of their number, and Python refuses to write them.
    text = f"{value:#x}" if isinstance(value, int) and value.bit_length() > 64 else repr(value)
    return text if len(text) <= _LONGEST_KEY else f"{text[: _LONGEST_KEY - 3]}..."


def _kind(value: object) -> str:
    return f"<{type(value).__name__}>"
