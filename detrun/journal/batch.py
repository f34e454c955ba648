"""Entries that wait to be written together, which costs a third of writing them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.journal.entries import Entry

# So many may wait, and so much: a block shall not grow beyond what can be read.
MOST = 512
LARGE = 16 * 1024


class Book(Protocol):
    """What entries are written into at last."""

    def extend(self, entries: list[Entry]) -> None:
        """Add entries, in order."""

    def flush(self) -> None:
        """Give the system all that was added."""


class Batch:
    """Keeps entries until they are asked for: `append` is the list's own method."""

    __slots__ = ("_book", "append", "entries")

    def __init__(self, book: Book) -> None:
        self.entries: list[Entry] = []
        self.append: Callable[[Entry], None] = self.entries.append
        self._book = book

    def write(self) -> None:
        """Add to the book what waits."""
        if self.entries:
            try:
                self._book.extend(self.entries)
            finally:
                self.entries.clear()

    def flush(self) -> None:
        """Give the system all of it."""
        self.write()
        self._book.flush()
