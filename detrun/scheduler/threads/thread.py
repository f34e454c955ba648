"""One thread of a run, as the scheduler sees it."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from detrun.model import EventId
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.origins import Origin
from detrun.scheduler.threads import real

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.handles import TimerHandle
    from detrun.scheduler.threads.baton import Baton


class Thread:
    """A thread that runs while it has the baton, and is an event whenever it could go on.

    Its timers are those of a context's: they make it ready, and never overtake each other.
    """

    __slots__ = (
        "awaited",
        "baton",
        "daemon",
        "gate",
        "ident",
        "joined",
        "key",
        "name",
        "number",
        "origin",
        "over",
        "parked",
        "real_ident",
        "reason",
        "refused",
        "shared",
        "timely",
        "turns",
    )
    overdue = False

    def __init__(self, baton: Baton, number: int, key: int, name: str) -> None:
        self.baton = baton
        self.number = number
        self.key = key
        self.name = name
        self.origin = Origin(key)
        self.ident = baton.base + number
        self.real_ident = real.get_ident()
        # Closed while somebody else has the baton.
        self.gate = real.allocate_lock()
        real.acquire(self.gate)
        # What it waits for, by identity and in words, and whether that came in time.
        self.awaited = 0
        self.shared: Any = None
        self.reason = ""
        self.timely = True
        self.parked = self.over = False
        self.turns = self.refused = 0
        self.daemon = True
        # By what others learn that it is gone.
        self.joined: Any = None

    @property
    def engine(self) -> Any:
        """The engine of the run."""
        return self.baton.engine

    @property
    def id(self) -> EventId:
        """Its next turn."""
        return EventId((self.key, self.turns + 1))

    def question(self) -> EventId:
        """The id of the next thing that is undecided, or to be waited for, in the middle of a turn."""
        self.origin.count = count = self.origin.count + 1
        return EventId((self.key, -count))

    def begin(self) -> None:
        """Become what happens now."""
        self.turns += 1

    def fall_due(self, timer: TimerHandle) -> None:
        """Wait no longer: time is up."""
        self.baton.engine.trace.deliver(timer)
        self.timely = False
        self.baton.give_up(self)

    def run(self, function: Callable[..., Any], arguments: Any = (), options: Any = None) -> None:
        """Be the thread: wait for the baton, do what it was started for, and pass the baton on."""
        self.real_ident = real.get_ident()
        real.acquire(self.gate)
        ACTIVE.engine = self.baton.engine
        try:
            if not self.baton.closing:
                self.baton.bury()
                function(*arguments, **(options or {}))
        except SystemExit:
            pass  # ends a thread and nothing else
        except BaseException as error:
            _report(error, function)
        finally:
            real.mark_end(self, function)
            self.baton.leave(self)
            ACTIVE.engine = None


def _report(error: BaseException, function: Any) -> None:
    """Say what `_thread` says of an exception; those of `threading.Thread` never get this far."""
    message = "Exception ignored in thread started by"
    sys.unraisablehook(
        SimpleNamespace(
            exc_type=type(error), exc_value=error, exc_traceback=error.__traceback__, err_msg=message, object=function
        )
    )
