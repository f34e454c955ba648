"""Values taken apart into what msgpack has types for. It does not know what else an application can send.

What is made of atoms alone is handed on as it is, and looked at no further: that is nearly every message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Raw
from msgspec.msgpack import Ext, encode

from detrun.runtime.encoding import classes, codes
from detrun.runtime.encoding.describing import LARGEST, Describer, Told
from detrun.runtime.encoding.packing import ATOMS, FIELD, ITEM, KEY, MEMBER, Refused, Stop, packed, pairs, spelled
from detrun.runtime.encoding.refusals import refusal
from detrun.runtime.encoding.scalars import FLATTENED

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import Enum

DEEPEST = 100
"""Containers within each other; what contains itself is as deep as one likes."""


class Exporter(Protocol):
    """Gives what cannot be copied a form in which it travels: a reference, a stream, a socket."""

    def export(self, value: object, path: str) -> tuple[int, object] | None:
        """A code and what msgspec can encode, or `None` if this cannot travel; the path says where it stands.

        Whatever is no plain value is offered, and instances of classes whose `__detrun_by_reference__` is true.
        """


class Flattener:
    """Takes one value apart. The trail is where in it this stands, also when something was refused."""

    __slots__ = ("_describer", "_exporter", "_left", "trail", "what")

    def __init__(self, exporter: Exporter | None, what: str, limit: int, describer: Describer | None = None) -> None:
        self._describer = describer
        self._exporter = exporter
        # Each item takes a byte at least. A value in which lists share lists may have more items than there is memory.
        self._left = limit
        self.trail: list[Stop] = []
        self.what = what

    @property
    def path(self) -> str:
        """Where in the value this stands."""
        return spelled(self.trail)

    def plain(self, value: object) -> object:
        """The same, made of atoms, lists, dicts and extensions."""
        kind = type(value)
        if kind in ATOMS:
            return value
        if len(self.trail) > DEEPEST:
            raise self._too_deep()
        if kind in _WAYS:
            return _WAYS[kind](self, value)
        if kind in FLATTENED:
            return FLATTENED[kind](value)
        return self._instance(value, kind)

    def packed(self, value: object) -> bytes:
        """The same, as bytes."""
        return packed(self.plain(value), self.trail)

    def _part(self, container: object, form: str, key: object, value: object) -> object:
        if type(value) in ATOMS:
            return value
        self.trail.append((container, form, key))
        found = self.plain(value)
        self.trail.pop()
        return found

    def _list(self, value: list[object] | tuple[object, ...]) -> object:
        self._spend(len(value))
        if ATOMS.issuperset(map(type, value)):
            return value
        return [self._part(value, ITEM, index, item) for index, item in enumerate(value)]

    def _tuple(self, value: tuple[object, ...]) -> Ext:
        return Ext(codes.TUPLE, packed(self._list(value), self.trail))

    def _dict(self, value: dict[object, object]) -> object:
        self._spend(len(value))
        if not ATOMS.issuperset(map(type, value)):
            return self._pairs(value)
        if ATOMS.issuperset(map(type, value.values())):
            return value
        return {key: self._part(value, ITEM, key, item) for key, item in value.items()}

    def _pairs(self, value: dict[object, object]) -> Ext:
        flat: list[object] = []
        for key, item in value.items():
            flat.append(Raw(self._packed_part(value, KEY, key, key)))
            flat.append(Raw(self._packed_part(value, ITEM, key, item)))
        return pairs(flat[::2], flat[1::2])

    def _set(self, value: set[object] | frozenset[object]) -> Ext:
        self._spend(len(value))
        # The order of a set hangs on hashes and addresses; the same set shall be the same bytes.
        parts = sorted(self._packed_part(value, MEMBER, item, item) for item in value)
        code = codes.SET if type(value) is set else codes.FROZENSET
        return Ext(code, encode([Raw(part) for part in parts]))

    def _packed_part(self, container: object, form: str, key: object, value: object) -> bytes:
        self.trail.append((container, form, key))
        found = packed(self.plain(value), self.trail)
        self.trail.pop()
        return found

    def _instance(self, value: object, kind: type) -> Ext:
        match classes.code_of(kind):
            case None:
                return self._exported(value)
            case codes.MEMBER:
                return self._member(value)
            case codes.ERROR:
                return self._error(value)
            case code:
                return self._fields(value, kind, code)

    def _member(self, value: Any) -> Ext:
        member: Enum = value
        return Ext(codes.MEMBER, self.packed([*classes.names(type(member)), *classes.member_key(member)]))

    def _fields(self, value: object, kind: type, code: int) -> Ext:
        names = classes.names(kind)
        fields = classes.fields_of(value, code)
        self._spend(len(fields))
        flat = {name: self._part(value, FIELD, name, item) for name, item in fields.items()}
        try:
            return Ext(code, encode([*names, flat]))
        except (OverflowError, UnicodeEncodeError):
            # Looked at one by one, so that what is refused is a field of this.
            raws = {name: Raw(self._packed_at((value, FIELD, name), item)) for name, item in flat.items()}
            return Ext(code, encode([*names, raws]))

    def _packed_at(self, stop: Stop, plain: object) -> bytes:
        self.trail.append(stop)
        found = packed(plain, self.trail)
        self.trail.pop()
        return found

    def _error(self, value: Any) -> Ext:
        describer = Describer(_packed_bit) if self._describer is None else self._describer
        return Ext(codes.ERROR, encode(describer.describe(value, None)))

    def _exported(self, value: object) -> Ext:
        place = f"{self.what}: {self.path}" if self.trail else self.what
        found = None if self._exporter is None else self._exporter.export(value, place)
        if found is None:
            raise refusal(value)
        return Ext(codes.EXPORTED, encode(found))

    def _spend(self, items: int) -> None:
        self._left -= items
        if self._left < 0:
            raise Refused("a message of so many items cannot travel", "send it in parts, or as a stream")

    def _too_deep(self) -> Refused:
        seen: set[int] = set()
        for depth, (container, _, _) in enumerate(self.trail):
            if id(container) in seen:
                del self.trail[depth:]
                return Refused("what contains itself cannot travel", "send the parts, and names where they refer")
            seen.add(id(container))
        return Refused(f"what is nested more than {DEEPEST} deep cannot travel", "send a flat list of its parts")


def described(error: BaseException, where: str) -> list[Told]:
    """What is told of an error that was raised."""
    return Describer(_packed_bit).describe(error, where)


def _packed_bit(value: object, describer: Describer) -> bytes:
    # An error exports nothing: nobody would know when what it refers to may go.
    return Flattener(None, "", LARGEST, describer).packed(value)


_WAYS: dict[type, Callable[[Flattener, Any], object]] = {
    list: Flattener._list,
    tuple: Flattener._tuple,
    dict: Flattener._dict,
    set: Flattener._set,
    frozenset: Flattener._set,
}
