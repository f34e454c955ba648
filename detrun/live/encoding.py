"""What a job or the system answers, as bytes and back: plain data keep their types, and errors their arguments."""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN = (type(None), bool, float, str)
_MANY: dict[type, str] = {list: "l", tuple: "t", set: "s", frozenset: "f"}
_MADE: dict[str, Callable[..., Any]] = {"l": list, "t": tuple, "s": set, "f": frozenset}
# What errors of TLS have beside their arguments.
_FACTS = ("library", "reason", "verify_code", "verify_message")
_encode, _decode = msgspec.msgpack.encode, msgspec.msgpack.decode


class Opaque(TypeError):
    """Something that is not made of plain data; `value` is what was to be encoded."""

    value: Any = None


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> bytes:
    """What a call gives or raises."""
    try:
        value = function(*arguments, **options)
    except Exception as error:
        facts = {name: _plain(getattr(error, name)) for name in _FACTS if hasattr(error, name)}
        return _encode(["e", type(error).__module__, type(error).__qualname__, _plain(_spelled(error.args)), facts])
    try:
        return encoded(value)
    except Opaque as opaque:
        opaque.value = value
        raise


def encoded(value: Any) -> bytes:
    """Plain data as bytes; raises if it is not that."""
    return _encode(_plain(value))


def decoded(payload: bytes) -> Any:
    """The value; raises it if it is an error."""
    value = _whole(_decode(payload))
    if isinstance(value, BaseException):
        raise value
    return value


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is bytes:
        return value
    if isinstance(value, int):
        return int(value) if -(1 << 63) <= value < 1 << 63 else ["i", str(int(value))]
    if kind in _MANY:
        return [_MANY[kind], [_plain(item) for item in value]]
    if kind is dict:
        return ["d", [[_plain(key), _plain(item)] for key, item in value.items()]]
    raise Opaque(f"expected plain data, got {kind.__name__}")


def _whole(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    match value:
        case ["i", text]:
            return int(text)
        case ["d", pairs]:
            return {_whole(key): _whole(item) for key, item in pairs}
        case ["e", module, name, arguments, facts]:
            error = _error(module, name, _whole(arguments))
            for fact, said in facts.items():
                setattr(error, fact, said)
            return error
        case _:
            kind, items = value
            return _MADE[kind](map(_whole, items))


def _spelled(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        _plain(arguments)
    except Opaque:
        return tuple(map(str, arguments))
    return arguments


def _error(module: str, name: str, arguments: tuple[Any, ...]) -> BaseException:
    """An exception of this type, or one that says which it was."""
    kind: Any = sys.modules.get(module, builtins)
    for part in name.split("."):
        kind = getattr(kind, part, None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        try:
            made: BaseException = kind(*arguments)
        except TypeError:
            made = RuntimeError(f"{module}.{name}", *arguments)
        return made
    return RuntimeError(f"{module}.{name}", *arguments)
