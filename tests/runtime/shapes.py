"""Classes whose instances travel in tests, and a receiver that has the classes of all loaded modules."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import Enum, Flag, IntEnum, StrEnum
from operator import attrgetter
from typing import NamedTuple

import msgspec


class Colour(Enum):
    RED = 1
    CRIMSON = 1  # noqa: PIE796 - an alias
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1


class Word(StrEnum):
    HELLO = "hello"


class Right(Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: object
    y: object = 0


@dataclass
class Order:
    items: list[object]
    total: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.total += len(self.items)


@dataclass(frozen=True, slots=True)
class Price:
    amount: int
    currency: str = "EUR"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    page: str
    referrer: str | msgspec.UnsetType | None = msgspec.UNSET


class Receiver:
    """Finds classes in loaded modules, and revives what `Exported` was."""

    def find_class(self, module: str, qualname: str) -> type:
        found: type = attrgetter(qualname)(sys.modules[module])
        return found

    def revive(self, code: int, payload: object) -> object:
        return (code, payload)
