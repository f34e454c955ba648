"""Values of atoms, lists and dicts alone, which are nearly all that travel: to bytes and back, and nothing beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.msgpack import Decoder, Encoder

from detrun.runtime.encoding.packing import ATOMS, native

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotPlain(Exception):
    """The bytes are of a value with something else in it, or of none at all."""


def pack(value: object) -> bytes | None:
    """The bytes of a plain value; none if it is not plain, or msgpack cannot hold it."""
    if type(value) not in ATOMS and not native(value):
        return None
    try:
        return _encode(value)
    except (OverflowError, UnicodeEncodeError):
        return None


def pack_arguments(args: tuple[object, ...], kwargs: Mapping[str, object]) -> bytes | None:
    """The same for the arguments of a call."""
    if not (ATOMS.issuperset(map(type, args)) or all(map(native, args))):
        return None
    if kwargs and not all(map(native, kwargs.values())):
        return None
    try:
        return _encode((args, kwargs))
    except (OverflowError, UnicodeEncodeError):
        return None


def unpack(data: bytes) -> Any:
    """What these are the bytes of; `NotPlain` if that takes more than is known here."""
    try:
        return _decode(data)
    except Exception as error:
        raise NotPlain from error


def _refuse(code: int, _: object) -> object:
    raise NotPlain(code)


_encode = Encoder().encode
_decode = Decoder(ext_hook=_refuse).decode
