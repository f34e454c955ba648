"""Entries that wait to be written together, which costs a third of writing them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from detrun.journal.entries import whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.journal.entries import Entry, Row

# So many may wait, and so much: a block shall not grow beyond what can be read.
MOST = 512
LARGE = 16 * 1024


class Book(Protocol):
    """What entries are written into at last."""

    def extend(self, entries: list[Entry]) -> None:
        """Add entries, in order."""

    def add(self, entries: list[Entry | Row]) -> None:
        """Add entries none of which says what a block contains, some of them as rows."""

    def put(self, entries: list[Entry | Row]) -> None:
        """The same, and give the system all that was added."""

    def flush(self) -> None:
        """Give the system all that was added."""


class Batch:
    """Keeps entries until they are asked for: `add` is the list's own method, for rows and what has no marks."""

    __slots__ = ("_book", "_marked", "add", "entries")

    def __init__(self, book: Book) -> None:
        self.entries: list[Entry | Row] = []
        self.add: Callable[[Entry | Row], None] = self.entries.append
        self._book = book
        self._marked = False

    def append(self, entry: Entry) -> None:
        """Keep an entry of any kind."""
        self.entries.append(entry)
        if entry.mark:
            self._marked = True

    def write(self) -> None:
        """Add to the book what waits."""
        if not self.entries:
            return
        try:
            if self._marked:
                self._book.extend(whole(self.entries))
            else:
                self._book.add(self.entries)
        finally:
            self.entries.clear()
            self._marked = False

    def flush(self) -> None:
        """Give the system all of it."""
        if self._marked:
            self.write()
        try:
            self._book.put(self.entries)
        finally:
            self.entries.clear()
