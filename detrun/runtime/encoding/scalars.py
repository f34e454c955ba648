"""Values without parts that msgpack has no type for: numbers, binary data, dates, zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.msgpack import Ext, decode, encode

from detrun.runtime.encoding import codes
from detrun.runtime.encoding.packing import Refused, integer

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_TERM = 4096
"""Bytes of a fraction's terms: it is reduced when it is made, which takes the square of their size."""


def _memory(value: memoryview) -> Ext:
    if value.format != "B" or value.ndim != 1:
        raise Refused("a memoryview of anything but bytes cannot travel", "send memoryview(...).cast('B'), or bytes")
    return Ext(codes.MEMORYVIEW, value.tobytes())


def _terms(code: int, *numbers: int) -> Ext:
    # Integers of any size, so that each is an extension if it must be.
    return Ext(code, encode([n if -(1 << 63) <= n < 1 << 63 else integer(n) for n in numbers]))


def _fraction(value: Fraction) -> Ext:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > LARGEST_TERM * 8:
        raise Refused("a fraction of such large terms cannot travel", "send numerator and denominator")
    return _terms(codes.FRACTION, value.numerator, value.denominator)


def _datetime(value: datetime) -> Ext:
    day = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
    return Ext(codes.DATETIME, encode([*day, value.fold, _zone(value.tzinfo)]))


def _time(value: time) -> Ext:
    clock = [value.hour, value.minute, value.second, value.microsecond]
    return Ext(codes.TIME, encode([*clock, value.fold, _zone(value.tzinfo)]))


def _zone(zone: tzinfo | None) -> Ext | None:
    if zone is None:
        return None
    if type(zone) is timezone:
        return _timezone(zone)
    if type(zone) is ZoneInfo:
        return _zone_info(zone)
    raise Refused(f"a time zone of class {type(zone).__qualname__} cannot travel", "use timezone or zoneinfo.ZoneInfo")


def _timezone(zone: timezone) -> Ext:
    offset = zone.utcoffset(None)
    name = zone.tzname(None)
    own = None if name == timezone(offset).tzname(None) else name
    return Ext(codes.TIMEZONE, encode([offset.days, offset.seconds, offset.microseconds, own]))


def _zone_info(zone: ZoneInfo) -> Ext:
    if zone.key is None:
        raise Refused("a time zone that was read from a file cannot travel", "use ZoneInfo(name)")
    return Ext(codes.ZONE, zone.key.encode())


def _timedelta(value: timedelta) -> Ext:
    return Ext(codes.TIMEDELTA, encode([value.days, value.seconds, value.microseconds]))


FLATTENED: dict[type, Callable[[Any], Ext]] = {
    bytearray: lambda value: Ext(codes.BYTEARRAY, bytes(value)),
    memoryview: _memory,
    complex: lambda value: Ext(codes.COMPLEX, encode([value.real, value.imag])),
    range: lambda value: _terms(codes.RANGE, value.start, value.stop, value.step),
    Decimal: lambda value: Ext(codes.DECIMAL, str(value).encode()),
    Fraction: _fraction,
    UUID: lambda value: Ext(codes.UUID, value.bytes),
    datetime: _datetime,
    date: lambda value: Ext(codes.DATE, encode(value.toordinal())),
    time: _time,
    timedelta: _timedelta,
    timezone: _timezone,
    ZoneInfo: _zone_info,
}


def _integers(payload: memoryview) -> list[int]:
    """Numbers that were terms; `TypeError` if they are not all of them integers."""
    return [_integer(n) for n in decode(payload, ext_hook=_term, type=list)]


def _term(code: int, payload: memoryview) -> int:
    if code != codes.INTEGER:
        raise ValueError(f"expected an integer, got extension {code}")
    return int.from_bytes(payload, "big", signed=True)


def _integer(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"expected an integer, got {type(value).__name__}")
    return value


def _whole_complex(payload: memoryview) -> complex:
    return complex(*decode(payload, type=tuple[float, float]))


def _whole_fraction(payload: memoryview) -> Fraction:
    if len(payload) > 2 * LARGEST_TERM + 16:
        raise ValueError("expected a fraction of smaller terms")
    return Fraction(*_integers(payload))


def _whole_datetime(payload: memoryview) -> datetime:
    year, month, day, *clock, fold, zone = decode(payload, ext_hook=_whole_zone, type=list)
    hour, minute, second, microsecond = clock
    return datetime(year, month, day, hour, minute, second, microsecond, zone, fold=fold)


def _whole_time(payload: memoryview) -> time:
    hour, minute, second, microsecond, fold, zone = decode(payload, ext_hook=_whole_zone, type=list)
    return time(hour, minute, second, microsecond, zone, fold=fold)


def _whole_zone(code: int, payload: memoryview) -> object:
    if code not in (codes.TIMEZONE, codes.ZONE):
        raise ValueError(f"expected a time zone, got extension {code}")
    return REVIVED[code](payload)


def _whole_timezone(payload: memoryview) -> timezone:
    days, seconds, microseconds, name = decode(payload, type=tuple[int, int, int, str | None])
    offset = timedelta(days, seconds, microseconds)
    if name is not None:
        return timezone(offset, name)
    return timezone(offset) if offset else UTC


REVIVED: dict[int, Callable[[memoryview], object]] = {
    codes.INTEGER: lambda payload: int.from_bytes(payload, "big", signed=True),
    codes.BYTEARRAY: bytearray,
    codes.MEMORYVIEW: lambda payload: memoryview(bytes(payload)),
    codes.COMPLEX: _whole_complex,
    codes.RANGE: lambda payload: range(*_integers(payload)),
    codes.DECIMAL: lambda payload: Decimal(str(payload, "utf-8")),
    codes.FRACTION: _whole_fraction,
    codes.UUID: lambda payload: UUID(bytes=bytes(payload)),
    codes.DATETIME: _whole_datetime,
    codes.DATE: lambda payload: date.fromordinal(decode(payload, type=int)),
    codes.TIME: _whole_time,
    codes.TIMEDELTA: lambda payload: timedelta(*decode(payload, type=tuple[int, int, int])),
    codes.TIMEZONE: _whole_timezone,
    codes.ZONE: lambda payload: ZoneInfo(str(payload, "utf-8")),
}
