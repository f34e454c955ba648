"""Whose loop a thread runs in while units take their turns, and what it comes back to when they have.

To say so costs more than many a turn does. So it is said when another unit has its turn, and taken back once.
"""

from __future__ import annotations

import sys
from asyncio import events
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.scheduler.clock import Clock
    from detrun.scheduler.loop import Loop


class Entering:
    """Puts the loop of a unit in place, its hooks of asynchronous generators, and time that stands still."""

    __slots__ = ("_clock", "_outside", "loop")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # The loop of the unit that is in place. To ask the interpreter costs a call of the system.
        self.loop: Loop | None = None
        # The loop, the hooks and the length of a look that were there before the first unit.
        self._outside: tuple[Any, Any, int] = (None, (None, None), 0)

    def enter(self, loop: Loop) -> None:
        """From now on this thread runs in the loop of a unit."""
        if self.loop is None:
            self._outside = events._get_running_loop(), sys.get_asyncgen_hooks(), self._clock.tick
            self._clock.tick = 0
        self.loop = loop
        events._set_running_loop(loop)
        loop.generators.hook()

    def leave(self) -> None:
        """Nobody has a turn any more: all is as it was before."""
        if self.loop is not None:
            self.loop = None
            loop, hooks, self._clock.tick = self._outside
            sys.set_asyncgen_hooks(*hooks)
            events._set_running_loop(loop)

    @contextmanager
    def in_between(self) -> Iterator[None]:
        """In the middle of a turn others have theirs: afterwards it goes on where it was."""
        loop, outside, self.loop = self.loop, self._outside, None
        try:
            yield
        finally:
            self.leave()
            self.loop, self._outside = loop, outside
