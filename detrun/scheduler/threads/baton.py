"""The baton: the right to run, which exactly one thread of a run has.

A thread hands it over when it waits, and may hand it over wherever threads meet: at a lock, a queue, a loop of another
thread's. Who gets it is a choice like any other. Between two such places nobody interrupts: what is found is what
a machine can do, and not all of it.
"""

from __future__ import annotations

import threading
from bisect import insort
from contextlib import contextmanager
from contextvars import Context as Variables
from functools import cached_property
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from detrun.errors import Divergence, JournalError, RunError
from detrun.scheduler.clock import FOREVER, SECOND, instant
from detrun.scheduler.handles import TimerHandle
from detrun.scheduler.threads import real
from detrun.scheduler.threads.meanwhile import SHORTLY, let_main_go_on, let_threads_go_on
from detrun.scheduler.threads.pools import end_pools
from detrun.scheduler.threads.thread import Thread
from detrun.scheduler.world.signals import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detrun.scheduler.engine import Engine

# A thread that was told so often that the run is over, and goes on, is left where it stands.
_STUBBORN = 100
# So many locks it may take until then.
_HURRIED = 10_000
# How long the user's interrupt may go unnoticed, in seconds of the machine's.
_SLICE = 0.1
# How long the user waits who has had enough, in seconds of the machine's.
_PATIENCE = 1.0
_NONE = Variables()
# What ends a run, whichever thread finds it; only the first two are what became of it.
_ENDS = (RunError, Killed, Divergence, JournalError)
End: TypeAlias = RunError | Killed | Divergence | JournalError
# Threads of runs that go on side by side have identities of their own; the first run has always the same ones.
_SPAN = 1_000_000
_spans: set[int] = set()
# Where `threading` looks up who a thread is.
_threads: dict[int, Any] = vars(threading)["_active"]
_by_number = attrgetter("number")


class Abandoned(SystemExit):
    """Ends a thread whose run is over; its own code has nothing to do with it."""


class Baton:
    """The threads of one run, who has the baton, who could go on, and who waits for what."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.base = 1
        while self.base in _spans:
            self.base += _SPAN
        self.main = self.current = Thread(self, 0, hash((-4,)), "main thread")
        self.main.daemon = False
        self.threads = [self.main]
        # Who could go on, but for who does; by creation. Always this one list.
        self.ready: list[Thread] = []
        self.waiting: dict[int, list[Thread]] = {}
        self.closing = False
        # Which thread took a lock last that it still has.
        self.owners: dict[int, Thread] = {}
        # Locks that a thread did not get because the run was over, which it may give back all the same.
        self.denied: set[tuple[int, Thread]] = set()
        # Pools of this run that stand in for older ones, by identity.
        self.substitutes: dict[int, Any] = {}
        self._gone: list[Thread] = []
        # What the main thread is to be told when it has the baton again.
        self._news: End | None = None
        # Whether there are units, and not only programs.
        self.among_units = False
        self._begun = 0

    @cached_property
    def names(self) -> Iterator[int]:
        """The numbers of threads that were given no name."""
        return count(1)

    @cached_property
    def pools(self) -> Iterator[int]:
        """The numbers of pools that were given no name."""
        return count()

    @cached_property
    def numbers(self) -> Iterator[int]:
        """By what futures and threads hash."""
        return count(1)

    # Where threads meet.

    def offer(self) -> None:
        """Let another thread go on here, if that is what is chosen."""
        me = self.current
        if self.closing:
            self._hurry(me)
        elif self.ready and not me.importing:
            other = self.engine.offer(me)
            if other is not me:
                self._note_ready(me)
                with self._without_loop():
                    self.engine.happen(other)

    def wait(self, thing: Any, reason: str, deadline: int = FOREVER, take: Callable[..., bool] | None = None) -> bool:
        """Wait until somebody wakes those who wait for this; false when the deadline came first.

        What can be taken may also become free from outside the run.
        """
        me = self.current
        if self.closing and me is not self.main:
            self._abandon(me)
        me.awaited, me.reason, me.timely, me.parked = id(thing), reason, True, True
        me.shared = None if take is None else (thing, take)
        self.waiting.setdefault(me.awaited, []).append(me)
        timer = self._timer(me, deadline) if deadline < FOREVER else None
        with self._without_loop():
            try:
                while me.parked:
                    self._turn()
            finally:
                self._stop_waiting(me)
                if timer is not None:
                    timer.cancel()
        if me.abandoned:
            self._abandon(me)
        return me.timely

    def wake(self, thing: Any) -> None:
        """Let everybody try again who waits for this."""
        for thread in self.waiting.pop(id(thing), ()):
            self._note_ready(thread)

    def acquire(self, lock: Any, timeout: float, take: Callable[..., bool]) -> bool:
        """Take a lock for the thread that runs, or wait for it."""
        me = self.current
        try:
            self.offer()
            deadline = FOREVER if timeout < 0 else self.engine.clock.now + instant(timeout)
            while not take(lock, False):
                if self._take_from_outside(lock, take):
                    break
                if not self.wait(lock, "a lock", deadline, take):
                    return False
        except BaseException:
            self.denied.add((id(lock), me))
            raise
        self.owners[id(lock)] = me
        return True

    def was_denied(self, lock: Any) -> bool:
        """Whether who gives this lock back never got it: a condition's wait gives up a lock that it then has not."""
        asked = (id(lock), self.current)
        if asked not in self.denied:
            return False
        self.denied.discard(asked)
        return self.owners.get(id(lock)) is not self.current

    def rouse(self, loop: Any) -> None:
        """Something was queued for a loop from another thread, which may wait for that."""
        if len(self.threads) > 1:
            self.wake(loop)
            self.offer()

    def released(self, lock: Any) -> None:
        """A lock is free again: who waits for it may try."""
        self.owners.pop(id(lock), None)
        if len(self.threads) > 1:
            self.wake(lock)
            self.offer()

    # From hand to hand.

    def give(self, thread: Thread) -> None:
        """Hand the baton to a thread that could go on, and come back when this one gets it again."""
        self.ready.remove(thread)
        thread.parked = False
        if thread is not self.current:
            self._pass(thread)

    def _pass(self, thread: Thread) -> None:
        me = self.current
        outside = self.engine.turn_to(None)
        if me.over:
            self.current = thread
            real.release(thread.gate)
        else:
            self._exchange(me, thread)
            self.engine.turn_to(outside)

    def wait_at_loop(self, loop: Any, *, ready: bool) -> None:
        """The thread that runs hands over the baton between two iterations of its loop."""
        me = self.current
        if ready:
            self._note_ready(me)
        else:
            me.awaited, me.reason = id(loop), f"something to do for {loop.home.name}"
            self.waiting.setdefault(me.awaited, []).append(me)

    def give_up(self, thread: Thread) -> None:
        """A thread waits no longer for what it waited for: it could go on."""
        if self._stop_waiting(thread):
            self._note_ready(thread)

    def bury(self) -> None:
        """Wait until those threads are gone that have ended: what goes with them is gone then, too."""
        while self._gone:
            real.await_end(self._gone.pop().joined)

    # From beginning to end.

    def open(self) -> None:
        """The thread that calls is the one that the run begins in."""
        _spans.add(self.base)
        _threads[self.main.ident] = _threads.get(self.main.real_ident)

    def begin(self, name: str, *, daemon: bool = True) -> Thread:
        """A new thread, which is about to be started."""
        engine = self.engine
        self._begun += 1
        thread = Thread(self, self._begun, hash(engine.operation()), name)
        thread.daemon = daemon
        thread.put_back = engine.entering.carry()
        engine.clock.homes += 1
        self.threads.append(thread)
        self._note_ready(thread)
        return thread

    def forget(self, thread: Thread) -> None:
        """A thread could not be started after all."""
        self.threads.remove(thread)
        self.ready.remove(thread)

    def leave(self, thread: Thread) -> None:
        """The thread that runs has ended: somebody else goes on."""
        thread.over = True
        if thread in self.threads:
            self.threads.remove(thread)
        self._gone.append(thread)
        self.wake(thread)
        self.wake(thread.joined)
        self.owners.pop(id(thread.joined), None)
        self.engine.turn_to(None)
        try:
            while self.current is thread:
                if self.closing:
                    self._hand_to_main()
                else:
                    self._let_something_happen()
        except _ENDS as error:
            self.fail(error)

    def finish(self) -> None:
        """The program has ended: wait for those threads that the interpreter would wait for as it exits."""
        end_pools(self.threads)
        for thread in self.threads[1:]:
            while not (thread.daemon or thread.over):
                self.wait(thread, f"the end of {thread.name}")

    def close(self) -> None:
        """The run is over: end what is left of its threads, one by one. Those end that would wait; others go on."""
        self.closing = True
        end_pools(self.threads)
        for thread in self.threads[1:]:
            thread.abandoned = self._stop_waiting(thread)
            if thread not in self.ready:  # which it also is not if the user interrupted who was about to hand over
                self._note_ready(thread)
            self._note_ready(self.main)
            self.give(thread)
        self.bury()
        _spans.discard(self.base)
        _threads.pop(self.main.ident, None)

    # Below.

    def _take_from_outside(self, lock: Any, take: Callable[..., bool]) -> bool:
        """Take a lock that nobody of the run has, but somebody outside."""
        # Modules have locks that the whole process shares, for a moment each: that must not change a run.
        return id(lock) not in self.owners and take(lock, True, SHORTLY)

    def _turn(self) -> None:
        try:
            self._let_something_happen()
        except _ENDS as error:
            if self.current is self.main:
                self._keep(error)
                raise
            self.fail(error)

    def _let_something_happen(self) -> None:
        if not self.among_units:
            self.engine.turn()
        elif self.main.parked:
            let_threads_go_on(self.engine)
        else:
            let_main_go_on(self)

    def _keep(self, error: End) -> None:
        if isinstance(error, RunError | Killed):
            self.engine.error = self.engine.error or error

    def fail(self, error: End) -> None:
        """Whoever finds that the run cannot go on: it is the main thread that says so."""
        self._keep(error)
        self._news = error
        self._hand_to_main()

    def _exchange(self, me: Thread, other: Thread) -> None:
        """Let another thread run, until this one may again."""
        # The interpreter's signals are for the main thread; one that comes just before a wait is noticed only after it.
        slice_ = _SLICE if me is self.main else -1
        put_back = self.engine.entering.carry()
        try:
            self.current = other
            real.release(other.gate)
            while not real.acquire(me.gate, True, slice_):
                pass
        except KeyboardInterrupt:
            # The user's, while another thread runs: that one ends where it meets others next, if it ever does.
            self.closing = True
            if not real.acquire(me.gate, True, _PATIENCE):
                self.threads, self.current = [self.main], me
            raise
        finally:
            put_back()
        self.bury()
        if me is self.main and self._news is not None:
            news, self._news = self._news, None
            raise news

    def _abandon(self, me: Thread) -> None:
        """End a thread whose run is over."""
        me.refused += 1
        if me.refused > _STUBBORN:
            me.over = True
            self.threads.remove(me)
            self._hand_to_main()
            real.acquire(me.gate)
        raise Abandoned

    def _hurry(self, me: Thread) -> None:
        """The run is over: who goes on without ever waiting is ended all the same."""
        if me is not self.main:
            me.hurried += 1
            if me.hurried > _HURRIED:
                self._abandon(me)

    def _hand_to_main(self) -> None:
        if self.main not in self.ready:
            self.give_up(self.main)
        self.give(self.main)

    def _note_ready(self, thread: Thread) -> None:
        insort(self.ready, thread, key=_by_number)

    def _stop_waiting(self, thread: Thread) -> bool:
        others = self.waiting.get(thread.awaited, [])
        if thread not in others:
            return False
        others.remove(thread)
        if not others:
            del self.waiting[thread.awaited]
        return True

    def _timer(self, me: Thread, deadline: int) -> TimerHandle:
        timer = TimerHandle((_nothing,), _NONE, None, me.question(), "", deadline, deadline / SECOND, me)
        self.engine.clock.add(timer)
        return timer

    @contextmanager
    def _without_loop(self) -> Iterator[None]:
        """The thread is in the middle of a callback, or has no loop: its own loop does not go on."""
        outside = self.engine.turn_to(None)
        try:
            with self.engine.entering.in_between():
                yield
        finally:
            self.engine.turn_to(outside)


def _nothing() -> None:
    """What the timer of a thread calls, which only wakes it."""
