"""Faults of the network: choice points of their own, whose default is that nothing goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = {
    "split": "a chunk arrives in two parts",
    "merge": "a chunk arrives together with the next",
    "delay": "a chunk, and what follows it, arrives later than anybody expects",
    "reset": "a connection breaks when a chunk should arrive",
    "refuse": "a connection is refused though somebody listens",
    "unreachable": "a connection finds no way to its host",
    "lose": "a datagram is lost",
    "duplicate": "a datagram arrives twice",
}
_NUMBERS = {kind: number for number, kind in enumerate(KINDS, start=1)}


def checked(kinds: Iterable[str]) -> frozenset[str]:
    """These kinds, all of which there are."""
    asked = frozenset(kinds)
    if unknown := sorted(asked - KINDS.keys()):
        raise UsageError(f"expected faults out of {', '.join(KINDS)}, got {unknown[0]!r}")
    return asked


def point(key: int, kind: str) -> int:
    """The key of the choice point of a kind at whatever has this key."""
    return hash((key, _NUMBERS[kind]))
