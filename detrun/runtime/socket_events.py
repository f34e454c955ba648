"""What the listeners of a socket are told: messages, errors, and that it is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE, ERROR, CLOSE = "message", "error", "close"
_KINDS = (MESSAGE, ERROR, CLOSE)


class MessageEvent(msgspec.Struct, frozen=True):
    """A message has come."""

    data: str | bytes


class ErrorEvent(msgspec.Struct, frozen=True):
    """Something came that is no message; the socket is closed after it."""

    error: Exception


class CloseEvent(msgspec.Struct, frozen=True):
    """The socket is closed. There is no other event after this one."""

    code: int
    reason: str
    was_clean: bool


class Listeners:
    """Who is told of what. Of the close each is told once, also those who come after it."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, list[Callable[..., object]]] = {}

    def __bool__(self) -> bool:
        return any(self._known.values())

    def add(self, kind: str, listener: Callable[..., object]) -> None:
        """Tell this one, too; who is told already is not told twice."""
        known = self._known.setdefault(_checked(kind), [])
        if listener not in known:
            known.append(listener)

    def remove(self, kind: str, listener: Callable[..., object]) -> None:
        """Tell this one no more."""
        known = self._known.get(_checked(kind), [])
        if listener in known:
            known.remove(listener)

    def of(self, kind: str) -> list[Callable[..., object]]:
        """Those who are told of this."""
        return self._known.get(kind, [])

    def taken(self, kind: str) -> list[Callable[..., object]]:
        """Those who are told of this, for the last time."""
        return self._known.pop(kind, [])


def _checked(kind: str) -> str:
    if kind not in _KINDS:
        raise ValueError(f"expected an event that is one of {', '.join(_KINDS)}, got {kind!r}")
    return kind
