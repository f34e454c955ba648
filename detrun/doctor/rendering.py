"""Values as text that is the same in two runs if the values are: no address, and no order that follows from one.

No code of the program runs for it. Numbers and strings are shown as they are: an address that a program has made a
number or text of is part of what it does.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import functools
import itertools
import pathlib
import sys
import uuid
import zlib
from collections import Counter, OrderedDict, defaultdict, deque
from contextlib import suppress
from types import MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any

from detrun.scheduler.own import is_own_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# How many elements are looked at, by depth; below the last, a type is all that is told.
BREADTH = (200, 20, 8)
# Sets are walked whole, in whatever order, and are told by their number if that would take too long.
CROWD = 500
# Longer text is cut, and carries a checksum of what it was.
LENGTH = 160
# More digits than Python would convert are not looked at one by one.
_BITS = 4096

_PLAIN = (bool, float, complex, type(None), type(...), bytes, range, slice)
_TOLD = (
    *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
    *(decimal.Decimal, fractions.Fraction, uuid.UUID, itertools.count),
    *(pathlib.PurePosixPath, pathlib.PosixPath),
)
_CACHED = type(functools.cache(len))
_DICTS = (dict, OrderedDict, defaultdict, Counter)


def rendered(value: object) -> str:
    """The value, in at most a line."""
    try:
        return clipped(_text(value, 0))
    except Exception:
        # It may be half made, or be changed meanwhile by another thread.
        return type(value).__qualname__


def attribute(value: object, name: str) -> str | None:
    """What a class or module of the program's own holds under this name, if that is data."""
    if isinstance(value, ModuleType):
        owners: list[Any] = [value] if is_own_module(value) else []
    else:
        owners = [kind for kind in value.__mro__ if _is_own(kind)] if isinstance(value, type) else []
    held = next((vars(owner)[name] for owner in owners if name in vars(owner)), _object)
    return rendered(held) if type(held) in _DATA else None


def clipped(text: str) -> str:
    """Text that is short, and differs if the whole did."""
    if len(text) <= LENGTH:
        return text
    return f"{text[:LENGTH]}… (checksum {zlib.crc32(text.encode(errors='surrogatepass')):08x})"


def _text(value: Any, depth: int) -> str:
    kind = type(value)
    if kind in _PLAIN or kind in _TOLD:
        return repr(value)
    if kind in _MAKERS:
        return _MAKERS[kind](value, depth)
    for base, make in _BASES:
        # Not `isinstance`, which believes what an object says of itself.
        if issubclass(kind, base):
            return make(value, depth)
    return _object(value, depth)


def _string(value: str, _: int) -> str:
    return str.__repr__(value)


def _number(value: int, _: int) -> str:
    return int.__repr__(value) if value.bit_length() < _BITS else hex(value)


def _list(value: Any, depth: int) -> str:
    return f"[{_elements(list.__iter__(value), len(value), depth)}]"


def _tuple(value: tuple[Any, ...], depth: int) -> str:
    return f"({_elements(tuple.__iter__(value), len(value), depth)})"


def _deque(value: Any, depth: int) -> str:
    return f"deque([{_elements(deque.__iter__(value), len(value), depth)}])"


def _set(value: Any, depth: int) -> str:
    if len(value) > CROWD or depth >= len(BREADTH):
        return f"a set of {len(value)}"
    # Its order matters where it is walked, and is seen there.
    return f"{{{', '.join(sorted(_text(element, depth + 1) for element in value))}}}"


def _dict(value: Any, depth: int) -> str:
    if depth >= len(BREADTH):
        return f"a dict of {len(value)}"
    pairs = itertools.islice(dict.items(value), BREADTH[depth])
    return f"{{{_pairs(pairs, depth)}{_rest(len(value), depth)}}}"


def _pairs(pairs: Iterable[tuple[Any, Any]], depth: int) -> str:
    return ", ".join(f"{_text(name, depth + 1)}: {_text(value, depth + 1)}" for name, value in pairs)


def _elements(elements: Iterator[Any], count: int, depth: int) -> str:
    if depth >= len(BREADTH):
        return f"{count} more"
    shown = ", ".join(_text(element, depth + 1) for element in itertools.islice(elements, BREADTH[depth]))
    return f"{shown}{_rest(count, depth)}"


def _rest(count: int, depth: int) -> str:
    return f", and {count - BREADTH[depth]} more" if count > BREADTH[depth] else ""


def _exception(value: BaseException, depth: int) -> str:
    return f"{type(value).__qualname__}{_tuple(value.args, depth)}"


def _enum(value: enum.Enum, _: int) -> str:
    return f"{type(value).__qualname__}.{value._name_}"


def _class(value: type, _: int) -> str:
    return f"class {value.__qualname__}"


def _module(value: ModuleType, _: int) -> str:
    return f"module {value.__name__}"


def _object(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is _CACHED:
        return f"{value.__qualname__} with {value.cache_info().currsize} results kept"
    if depth >= len(BREADTH) or not _is_own(kind):
        return kind.__qualname__
    return f"{kind.__qualname__}({_attributes(_state(value), depth)})"


def _state(value: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object of the program's own, by no code of the program's."""
    with suppress(AttributeError):
        yield from list(object.__getattribute__(value, "__dict__").items())
    for kind in type(value).__mro__:
        for name, slot in vars(kind).items():
            if isinstance(slot, MemberDescriptorType):
                with suppress(AttributeError):
                    yield name, slot.__get__(value)


def _attributes(pairs: Iterable[tuple[str, Any]], depth: int) -> str:
    if depth >= len(BREADTH):
        return "…"
    return ", ".join(f"{name}={_text(value, depth + 1)}" for name, value in itertools.islice(pairs, BREADTH[depth]))


def _is_own(kind: type) -> bool:
    return is_own_module(sys.modules.get(str(kind.__module__)))


_MAKERS: dict[type, Callable[[Any, int], str]] = {
    str: _string,
    int: _number,
    list: _list,
    tuple: _tuple,
    deque: _deque,
    set: _set,
    frozenset: _set,
    **dict.fromkeys(_DICTS, _dict),
}
_DATA = {*_PLAIN, *_TOLD, *_MAKERS, _CACHED}
_BASES: list[tuple[type, Callable[[Any, int], str]]] = [
    (enum.Enum, _enum),
    (BaseException, _exception),
    (type, _class),
    (ModuleType, _module),
    (str, _string),
    (int, _number),
    (tuple, _tuple),
    (list, _list),
]
