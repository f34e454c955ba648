"""Which entries of a journal somebody wants to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from detrun.journal.entries import ContextBegun, ContextEnded, Named
from detrun.journal.spelling import kind, word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from detrun.journal.entries import Entry


class Selection(msgspec.Struct, frozen=True):
    """From one step to another, of these kinds, about this context; what is not given leaves nothing out.

    Names are left out unless they are asked for: they stand with whatever has them.
    """

    first: int = 0
    last: int | None = None
    kinds: frozenset[str] = frozenset()
    context: str = ""

    @property
    def begin(self) -> int:
        """The step from which a journal has to be read. That a context ends is said by its number: one has to know."""
        return 0 if self.context else self.first

    def of(self, entries: Iterable[Entry], name: Callable[[int], str]) -> Iterator[Entry]:
        """Those of the entries, which are in order, that are wanted."""
        numbers: set[int] = set()
        for entry in entries:
            if self.last is not None and entry.step > self.last:
                # What came from outside belongs to the step before, and may stand behind a decision about the next.
                if entry.step > self.last + 1:
                    return
                continue
            about = not self.context or _is_about(entry, self.context, name, numbers)
            if about and entry.step >= self.first and self._is_wanted(entry):
                yield entry

    def _is_wanted(self, entry: Entry) -> bool:
        if not self.kinds:
            return not isinstance(entry, Named)
        return word(entry) in self.kinds or kind(entry) in self.kinds


def ends_of(name: str) -> tuple[str, str]:
    """The two ends of a channel, as in `client-1 to Room:a`; of another name, nothing and itself."""
    sender, _, receiver = name.rpartition(" to ")
    return sender, receiver


def _is_about(entry: Entry, context: str, name: Callable[[int], str], numbers: set[int]) -> bool:
    match entry:
        case ContextEnded():
            if entry.context not in numbers:
                return False
            numbers.discard(entry.context)
            return True
        case ContextBegun() if name(entry.name) == context:
            numbers.add(entry.context)
            return True
        case _:
            text = name(getattr(entry, "name", 0))
            return context == text or context in ends_of(text)
