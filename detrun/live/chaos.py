"""What a machine with other timing might have brought: a seed orders what one look brings, and holds some of it back.

Only what the environment may permute is permuted. What came is journaled as the program got it, so that a replay need
not know of this.
"""

from __future__ import annotations

from _random import Random
from typing import TYPE_CHECKING, TypeVar

from detrun.journal.entries import InputKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from detrun.journal.entries import Received

Item = TypeVar("Item")
# So much of what is ready is told at once; the rest the system tells again.
_SHARE = 0.75


class Chaos:
    """The seeded disorder of one live run."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def polling(
        self, poll: Callable[[float | None], list[tuple[int, int]]]
    ) -> Callable[[float | None], list[tuple[int, int]]]:
        """The same look, in another order, and without some of it."""

        def look(timeout: float | None = None) -> list[tuple[int, int]]:
            events = self._shuffled(poll(timeout))
            return events[:1] + [event for event in events[1:] if self._random.random() < _SHARE]

        return look

    def ordered(self, others: Sequence[Received]) -> tuple[Received, ...]:
        """Jobs and children may have ended in another order; what was sent and has not left yet is told before."""
        sent = [entry for entry in others if entry.kind == InputKind.PROGRESS]
        return (*sent, *self._shuffled(entry for entry in others if entry.kind != InputKind.PROGRESS))

    def _shuffled(self, items: Iterable[Item]) -> list[Item]:
        return [item for _, _, item in sorted((self._random.random(), place, item) for place, item in enumerate(items))]
