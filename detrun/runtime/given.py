"""What calls gave, for as long as more can be asked of it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.runtime.encoding.packing import ATOMS

if TYPE_CHECKING:
    from detrun.runtime.scopes import Scope


class Given(msgspec.Struct, frozen=True, eq=False):
    """What a call gave."""

    value: Any
    error: BaseException | None
    # In which more can be asked of it; of a call that was refused nothing can.
    scope: Scope | None


class Kept:
    """What the answers gave that one side of a session sent, until it is known that they have arrived."""

    __slots__ = ("_answers",)

    def __init__(self) -> None:
        # Which of all answers it was, the number of the call, and what it gave.
        self._answers: deque[tuple[int, int, Given]] = deque()

    def __len__(self) -> int:
        return len(self._answers)

    def add(self, answer: int, number: int, given: Given, heard: int) -> None:
        """So many-th of all answers is this one; when it was called for, the other side had heard so many."""
        self._forget(heard)
        # Of an atom nothing more can be asked.
        if type(given.value) not in ATOMS or given.error is not None:
            self._answers.append((answer, number, given))

    def find(self, number: int, heard: int) -> Given | None:
        """What this call gave, if it is kept; the other side has heard so many answers by now."""
        self._forget(heard)
        return next((given for _, known, given in self._answers if known == number), None)

    def scope(self, number: int) -> Scope | None:
        """Where more can be asked of what this call gave, if it is kept and somebody is there who could answer."""
        for _, known, given in self._answers:
            if known == number:
                return given.scope if given.scope is not None and not given.scope.ended else None
        return None

    def _forget(self, heard: int) -> None:
        while self._answers and self._answers[0][0] <= heard:
            self._answers.popleft()
