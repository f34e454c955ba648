"""Whose loop a thread runs in while units take their turns, and what it comes back to when they have.

To say so costs more than many a turn does. So it is said when another unit has its turn, and taken back once.
"""

from __future__ import annotations

import sys
from asyncio import events
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from detrun.scheduler import generators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detrun.scheduler.clock import Clock
    from detrun.scheduler.loop import Loop


class Entering:
    """Puts the loop of a unit in place, its hooks of asynchronous generators, and time that stands still."""

    __slots__ = ("_clock", "_hooks", "_outside", "carry", "loop")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Those of this run; most runs have no units.
        self._hooks: tuple[generators.Hook, generators.Hook] | None = None
        # What of the process belongs to whoever runs, and goes with them: called as one stops, it gives what puts that
        # back as they go on.
        self.carry: Callable[[], Callable[[], object]] = _carry_nothing
        # The loop of the unit that is in place. To ask the interpreter costs a call of the system.
        self.loop: Loop | None = None
        # The loop, the hooks, the length of a look and what is carried that were there before the first unit.
        self._outside = _NOWHERE

    def enter(self, loop: Loop) -> None:
        """From now on this thread runs in the loop of a unit."""
        if self.loop is None:
            hooks, tick = sys.get_asyncgen_hooks(), self._clock.tick
            self._outside = events._get_running_loop(), hooks, tick, self.carry()
            self._clock.tick = 0
            self._hooks = self._hooks or generators.of_units()
            sys.set_asyncgen_hooks(*self._hooks)
        self.loop = loop
        events._set_running_loop(loop)

    def leave(self) -> None:
        """Nobody has a turn any more: all is as it was before."""
        if self.loop is not None:
            self.loop = None
            loop, hooks, self._clock.tick, put_back = self._outside
            # The interpreter hides its tuple of hooks from its collector: kept, it would keep this run for ever.
            self._outside = _NOWHERE
            sys.set_asyncgen_hooks(*hooks)
            events._set_running_loop(loop)
            put_back()

    @contextmanager
    def in_between(self) -> Iterator[None]:
        """In the middle of a turn others have theirs: afterwards it goes on where it was."""
        loop, outside, self.loop = self.loop, self._outside, None
        try:
            yield
        finally:
            self.leave()
            self.loop, self._outside = loop, outside


def _nothing() -> None:
    """What puts nothing back."""


def _carry_nothing() -> Callable[[], object]:
    return _nothing


_NOWHERE: tuple[Any, Any, int, Callable[[], object]] = (None, (None, None), 0, _nothing)
