"""Where entries go, other than to a file: into a list, or beside those of an earlier run. Knows nothing of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from detrun.errors import Divergence

if TYPE_CHECKING:
    from collections.abc import Iterable

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


class Verifier:
    """Compares a run with an earlier one, entry by entry, and stops it at the first difference."""

    def __init__(self, expected: Iterable[Entry]) -> None:
        self._expected = iter(expected)
        self.matched = 0
        self.step = 0

    def append(self, entry: Entry) -> None:
        expected = next(self._expected, None)
        if entry != expected:
            raise self._divergence(expected, entry)
        self.matched += 1
        self.step = entry.step or self.step

    def end(self) -> None:
        """The run is over; raise if the earlier one went on."""
        expected = next(self._expected, None)
        if expected is not None:
            raise self._divergence(expected, None)

    def _divergence(self, expected: Entry | None, actual: Entry | None) -> Divergence:
        at = max((entry.step for entry in (expected, actual) if entry is not None), default=0)
        return Divergence(at or self.step, _spelled(expected), _spelled(actual))


def _spelled(entry: Entry | None) -> str:
    return "the end of the run" if entry is None else repr(entry)
