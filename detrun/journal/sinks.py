"""Where entries go. Knows nothing of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from detrun.journal.entries import Entry


class Sink(Protocol):
    """Takes entries, each before it has its effect."""

    def append(self, entry: Entry) -> None:
        """Take an entry; raises if the run cannot go on."""


class Kept:
    """Keeps entries in memory: `append` is the list's own."""

    __slots__ = ("append", "entries")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.append = self.entries.append
