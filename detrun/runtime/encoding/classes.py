"""Instances of an application's own classes: taken apart into fields, and made again of the receiver's own class."""

from __future__ import annotations

import dataclasses
from enum import Enum, Flag
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.runtime.encoding import codes
from detrun.runtime.encoding.packing import Refused
from detrun.runtime.encoding.refusals import local

if TYPE_CHECKING:
    from collections.abc import Callable

BY_REFERENCE = "__detrun_by_reference__"
"""A class that has this attribute, and it is true, is the exporter's, whatever else it is."""

_BASES = ((Enum, codes.MEMBER), (BaseException, codes.ERROR), (msgspec.Struct, codes.STRUCT))
# A dataclass that is one of these too has content that is no field.
_CONTAINERS = (dict, list, set, frozenset, tuple, str, bytes, bytearray, int, float)


def code_of(kind: type) -> int | None:
    """As what instances of this class travel, if they do by value."""
    if getattr(kind, BY_REFERENCE, False):
        return None
    for base, code in _BASES:
        if issubclass(kind, base):
            return code
    if issubclass(kind, tuple) and hasattr(kind, "_fields") and hasattr(kind, "_make"):
        return codes.NAMED_TUPLE
    if dataclasses.is_dataclass(kind) and not issubclass(kind, _CONTAINERS):
        return codes.DATACLASS
    return None


def names(kind: type) -> tuple[str, str]:
    """Module and qualified name, by which the receiver finds its own class."""
    if "<locals>" in kind.__qualname__:
        raise local(kind)
    return kind.__module__, kind.__qualname__


def fields_of(value: Any, code: int) -> dict[str, object]:
    """The fields of an instance, by name; those of a struct that are unset are left out."""
    match code:
        case codes.NAMED_TUPLE:
            return dict(zip(value._fields, value, strict=True))
        case codes.STRUCT:
            found = {name: getattr(value, name) for name in value.__struct_fields__}
            return {name: item for name, item in found.items() if item is not msgspec.UNSET}
        case _:
            return {field.name: _field(value, field.name) for field in dataclasses.fields(value)}


def _field(value: object, name: str) -> object:
    try:
        return getattr(value, name)
    except Exception as error:
        raise Refused(f"its field {name!r} cannot be read: {type(error).__name__}", "give it a value") from error


def member_key(value: Enum) -> tuple[str | None, object]:
    """How a member of an enumeration is found: by name, or by value if it is several flags at once."""
    # What is several flags at once has no name, or a made up one.
    name: str | None = value.name
    return (name, None) if name in type(value).__members__ else (None, value.value)


def member(kind: type, name: object, value: object) -> object:
    """A member of the receiver's enumeration."""
    if not issubclass(kind, Enum):
        raise TypeError(f"expected an enumeration, got the class {kind.__qualname__}")
    if isinstance(name, str):
        if name not in kind.__members__:
            raise ValueError(f"{kind.__qualname__} has no member {name!r}")
        return kind.__members__[name]
    if not issubclass(kind, Flag):
        raise TypeError(f"expected flags, got the enumeration {kind.__qualname__}")
    return kind(value)


def instance(code: int, kind: type, fields: dict[str, object]) -> object:
    """An instance of the receiver's class; what it has and the sender's had not, is at its default."""
    if code_of(kind) != code:
        raise TypeError(f"{kind.__qualname__} is another kind of class than the sender's")
    return _MAKERS[code](kind, fields)


def _named_tuple(kind: Any, fields: dict[str, object]) -> object:
    found = kind._field_defaults | fields
    _check(kind, set(kind._fields), fields, found)
    return kind._make(found[name] for name in kind._fields)


def _struct(kind: Any, fields: dict[str, object]) -> object:
    made: object = kind(**fields)
    return made


def _dataclass(kind: Any, fields: dict[str, object]) -> object:
    defaults = {field.name: _default(field) for field in dataclasses.fields(kind) if field.name not in fields}
    found = {name: make() for name, make in defaults.items() if make is not None} | fields
    _check(kind, {field.name for field in dataclasses.fields(kind)}, fields, found)
    # As unpickling does: what `__init__` makes of the fields was done by the sender.
    made = kind.__new__(kind)
    for name, item in found.items():
        object.__setattr__(made, name, item)
    return made


def _default(field: dataclasses.Field[Any]) -> Callable[[], object] | None:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    return None if field.default is dataclasses.MISSING else lambda: field.default


def _check(kind: type, known: set[str], sent: dict[str, object], found: dict[str, object]) -> None:
    if surplus := sorted(map(str, sent.keys() - known)):
        raise TypeError(f"{kind.__qualname__} has no field {surplus[0]!r}, and the sender's had")
    if missing := sorted(known - found.keys()):
        raise TypeError(f"{kind.__qualname__} has a field {missing[0]!r} without a default, and the sender's had not")


_MAKERS: dict[int, Callable[[Any, dict[str, object]], object]] = {
    codes.NAMED_TUPLE: _named_tuple,
    codes.STRUCT: _struct,
    codes.DATACLASS: _dataclass,
}
