"""The one codec of what travels between contexts: a value to bytes, and an equal value of the same types again.

It knows no schema, no channel, and nothing of what an application can refer to: that is the exporter's.

On the wire a value is msgpack, with an extension for each type that msgpack has not: `docs/reference/messages.md` has a
table. A value arrives as a copy: what was there twice is there as two. What contains itself does not travel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Raw
from msgspec.msgpack import decode as unpacked

from detrun.errors import DetrunError, NotReceivable, NotSendable
from detrun.runtime.encoding.flattening import Exporter, Flattener
from detrun.runtime.encoding.packing import Refused, packed
from detrun.runtime.encoding.plain import pack, pack_arguments
from detrun.runtime.encoding.reviving import Importer, Reviver

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LARGEST_MESSAGE", "Exporter", "Importer", "decode", "decode_arguments", "encode", "encode_arguments"]

LARGEST_MESSAGE = 32 * 1024 * 1024
"""Bytes of one message, unless a limit is given."""

_NAMES = frozenset({str})


def encode(value: object, exporter: Exporter | None, what: str, *, limit: int = LARGEST_MESSAGE) -> bytes:
    """The bytes of a value; `what` is what errors call it, such as "the result of API.total"."""
    data = pack(value)
    if data is not None:
        return _small(data, what, limit)
    flattener = Flattener(exporter, what, limit)
    try:
        return _small(flattener.packed(value), what, limit)
    except Refused as refused:
        raise NotSendable(flattener.what, flattener.path, refused.reason, refused.hint) from refused.__cause__


def decode(data: bytes, importer: Importer) -> object:
    """The value of these bytes; whatever they are, there is a value or `NotReceivable`."""
    return _revived(data, Reviver(importer))


def encode_arguments(
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    exporter: Exporter | None,
    what: str,
    *,
    limit: int = LARGEST_MESSAGE,
) -> bytes:
    """The bytes of the arguments of a call; `what` is what is called, such as "API.total"."""
    data = pack_arguments(args, kwargs)
    if data is not None:
        return _small(data, what, limit)
    flattener = Flattener(exporter, what, limit)
    try:
        positional = [_argument(flattener, f"argument {index} of {what}", item) for index, item in enumerate(args, 1)]
        named = {name: _argument(flattener, f"argument {name!r} of {what}", item) for name, item in kwargs.items()}
        flattener.what = what
        return _small(packed([positional, named], flattener.trail), what, limit)
    except Refused as refused:
        raise NotSendable(flattener.what, flattener.path, refused.reason, refused.hint) from refused.__cause__


def _argument(flattener: Flattener, what: str, value: object) -> Raw:
    flattener.what = what
    return Raw(flattener.packed(value))


def decode_arguments(data: bytes, importer: Importer) -> tuple[tuple[object, ...], dict[str, object]]:
    """The arguments of a call; whatever the bytes are, there are arguments or `NotReceivable`."""
    found = _revived(data, Reviver(importer))
    if isinstance(found, list) and len(found) == 2:
        args, kwargs = found
        if type(args) is list and type(kwargs) is dict and (not kwargs or _NAMES.issuperset(map(type, kwargs))):
            return tuple(args), kwargs
    raise NotReceivable("expected the arguments of a call, got another value", _DAMAGED)


def _revived(data: bytes, reviver: Reviver) -> object:
    try:
        return unpacked(data, ext_hook=reviver.revive)
    except DetrunError:
        raise
    # Hostile bytes reach constructors of many types, and the receiver's own classes: anything can be raised there.
    except Exception as error:
        raise NotReceivable(f"no value has these bytes: {error}", _DAMAGED) from error


_DAMAGED = "sender and receiver must be of one version, and what lies between them must not change bytes"


def _small(data: bytes, what: str, limit: int) -> bytes:
    if len(data) <= limit:
        return data
    reason = f"a message of {len(data):,} bytes cannot travel, at most {limit:,} can"
    raise NotSendable(what, "", reason, "send it in parts, or as a stream")
