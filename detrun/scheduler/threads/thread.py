"""One thread of a run, as the scheduler sees it."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from detrun.errors import Divergence, JournalError, RunError
from detrun.model import EventId
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.origins import Origin
from detrun.scheduler.threads import real
from detrun.scheduler.world.signals import Killed

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.handles import TimerHandle
    from detrun.scheduler.threads.baton import Baton


class Thread:
    """A thread that runs while it has the baton, and is an event whenever it could go on.

    Its timers are those of a context's: they make it ready, and never overtake each other.
    """

    __slots__ = (
        "abandoned",
        "awaited",
        "baton",
        "daemon",
        "gate",
        "hurried",
        "ident",
        "importing",
        "joined",
        "key",
        "name",
        "number",
        "origin",
        "over",
        "parked",
        "put_back",
        "real_ident",
        "reason",
        "refused",
        "shared",
        "timely",
        "turns",
    )
    overdue = False
    # It comes by no channel.
    path = ""

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
        self.abandoned = False
        # Whether it takes the locks of an import, which it does not where somebody imported the module before.
        self.importing = False
        self.turns = self.refused = self.hurried = 0
        self.daemon = True
        # What it needs in place before it does anything.
        self.put_back: Callable[[], object] | None = None
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
        self._report_nothing_of_ours(getattr(function, "__self__", None))
        real.acquire(self.gate)
        ACTIVE.engine = self.baton.engine
        if self.put_back is not None:
            self.put_back()
        try:
            if not self.baton.closing:
                self.baton.bury()
                function(*arguments, **(options or {}))
        except SystemExit:
            pass  # ends a thread and nothing else
        except BaseException as error:
            if self._is_own(error):
                threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))
        finally:
            real.mark_end(self, function)
            self.baton.leave(self)
            ACTIVE.engine = None

    def _is_own(self, error: BaseException | None) -> bool:
        """Whether the program is to hear of what ended it: not if that is the end of the run."""
        return not self.refused and not isinstance(error, RunError | Killed | Divergence | JournalError)

    def _report_nothing_of_ours(self, owner: Any) -> None:
        """Whatever a thread raises that is abandoned, is no exception of the program's."""
        report = getattr(owner, "_invoke_excepthook", None)
        if report is not None:

            def invoke(thread: Any) -> None:
                if self._is_own(sys.exception()):
                    report(thread)

            owner._invoke_excepthook = invoke
