"""Handles: what `call_soon`, `call_at` and their kin give back, and what a turn runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from detrun.model import BEGINNING, EventId, spelled
from detrun.scheduler.origins import ORIGIN, Origin

if TYPE_CHECKING:
    import contextvars
    from collections.abc import Callable


# A cancelled handle still stands in its queue, so that no turn has to ask: it calls this, which does nothing.
NOTHING: tuple[Callable[[], Any]] = (int,)


class Handle(msgspec.Struct, weakref=True, eq=False):
    """A call that a loop was asked to make. A Struct, for its constructor costs a third of a Python one."""

    call: tuple[Any, ...]
    context: contextvars.Context
    source_traceback: Any = None

    def cancel(self) -> None:
        """Let the call become nothing."""
        self.call = NOTHING

    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self.call is NOTHING

    def get_context(self) -> contextvars.Context:
        """The context variables that the call sees."""
        return self.context

    def __repr__(self) -> str:
        state = "cancelled" if self.cancelled() else described(self.call)
        return f"<{type(self).__name__} {state}>"


class Delivery(Handle):
    """A call that is an event: delivering it is something that the scheduler chooses."""

    id: EventId = BEGINNING
    # The name of the channel that it comes by.
    path: str = ""

    def begin(self) -> None:
        """Become what happens now."""


class TimerHandle(Delivery):
    """A call that waits for its instant; its id is that of the operation that asked for it."""

    deadline: int = 0
    seconds: float = 0.0
    home: Any = None
    # Whether the call's context variables are a copy made for it, in which it may be an origin of its own.
    private: bool = False
    # Whether it is in the clock's heap, where a cancelled one takes room.
    waits: bool = True

    def when(self) -> float:
        """The deadline in the loop's own seconds."""
        return self.seconds

    def begin(self) -> None:
        """Become what happens now, and the origin of what the call does."""
        if self.private:
            self.context.run(ORIGIN.set, Origin(hash(self.id)))

    def cancel(self) -> None:
        """Let the call become nothing, and tell the clock, which drops what piles up."""
        if not self.cancelled():
            self.call = NOTHING
            if self.waits:
                self.home.engine.clock.count_cancelled()

    @property
    def name(self) -> str:
        """What a person calls this event."""
        return f"{self.home.name}/timer {spelled(self.id)} for {described(self.call)}"


def described(call: tuple[Any, ...]) -> str:
    """The call as a person would write it."""
    function = getattr(call[0], "__qualname__", None) or repr(call[0])
    return f"{function}({', '.join(map(repr, call[1:]))})"
