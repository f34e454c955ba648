"""Reloads: a new generation takes the place of an old one, step by step, and anything may happen in between.

Nothing of the old generation changes before the new one has loaded. One reload happens at a time; all who ask for one
meanwhile get the same next one, with what is newest by then.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from detrun.errors import Disconnected, UsageError
from detrun.journal.entries import Phase
from detrun.runtime.generations import Generation, State
from detrun.runtime.scopes import log
from detrun.scheduler.machinery import logged

if TYPE_CHECKING:
    from detrun.runtime.modules.snapshot import Snapshot
    from detrun.runtime.workers import Worker

# How long an old generation may go on with what it works on, in seconds.
GRACE = 10.0
# A crashed generation is followed by another one after so long; doubled each time, up to the last.
_FIRST_PAUSE, _LAST_PAUSE = 1.0, 32.0


class Reload:
    """One new generation on its way, and all who wait for it."""

    def __init__(self, worker: Worker, sources: Snapshot | None = None) -> None:
        self.worker = worker
        # What is loaded, if not what is newest by then.
        self._sources = sources
        self.waiters: list[asyncio.Future[int]] = []
        self.generation: Generation | None = None
        self._error: BaseException | None = None

    def wait(self) -> asyncio.Future[int]:
        """The number of the generation, as soon as it is active; or why there is none."""
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        if self._error is not None:
            waiter.set_exception(self._error)
        return waiter

    def begin(self) -> None:
        """Load the generation, in a turn of its own context."""
        worker = self.worker
        sources = worker.sources if self._sources is None else self._sources
        newest = self._sources in (None, worker.tried)
        if newest:
            worker.tried = sources
        try:
            self.generation = generation = worker.next_generation(sources)
        except UsageError as error:
            # There is no main module any more.
            self._next("failed", worker.reloads.over, self, error)
            return
        if newest:
            worker.newest = generation
        generation.isolate.control.order("load", self._load, generation)

    def end(self, error: BaseException | None) -> None:
        """Tell all who wait what became of it."""
        self._error = error
        for waiter in self.waiters:
            if waiter.done():
                continue
            if error is None:
                assert self.generation is not None
                waiter.set_result(self.generation.number)
            else:
                waiter.set_exception(error)

    def _load(self, generation: Generation) -> None:
        try:
            generation.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._fail(generation, error)
            return
        if self.worker.active is None and self.worker.reloads.queued is None:
            # There is nobody to take over from.
            generation.move(Phase.READY)
            self._move_pointer(generation)
        else:
            self._next("ready", self._ready, generation)

    def _fail(self, generation: Generation, error: BaseException) -> None:
        generation.state = State.FAILED
        generation.ended = self.worker.engine.clock.now
        # Its modules are gone; its lines stay as long as somebody has the error.
        generation.isolate.leave()
        generation.move(Phase.FAILED, reason=f"{type(error).__name__}: {error}")
        self._next("failed", self.worker.reloads.over, self, error)

    def _ready(self, generation: Generation) -> None:
        generation.move(Phase.READY)
        if self.worker.reloads.queued is not None:
            # Whoever saved again has newer sources: nobody needs to see these.
            generation.isolate.control.order(
                "stop", generation.stop, Disconnected(generation.name, "newer sources came")
            )
            self.worker.reloads.supersede(self)
            return
        self._next("stop claims", self._stop_claims, generation)

    def _stop_claims(self, generation: Generation) -> None:
        generation.move(Phase.STOP_CLAIMS)
        self._next("hand over", self._hand_over, generation)

    def _hand_over(self, generation: Generation) -> None:
        generation.move(Phase.HAND_OVER)
        self._next("move pointer", self._move_pointer, generation)

    def _move_pointer(self, generation: Generation) -> None:
        if generation.stops or generation.state is not State.READY:
            self.worker.reloads.over(self, Disconnected(generation.name, "it was stopped before it was active"))
            return
        generation.move(Phase.MOVE_POINTER)
        old = self.worker.activate(generation)
        if old is not None:
            self._next("drain", self.worker.reloads.drain, old)
        self.worker.reloads.over(self, None)

    def _next(self, step: str, action: Any, *args: Any) -> None:
        self.worker.supervisor.control.order(step, action, *args)


class Comeback:
    """That a generation which crashed is to be followed by one of the same sources; `due` after the pause.

    `reload` is how it is tried, which newer sources may supersede and then fail to be loaded.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.due = False
        self.reload: Reload | None = None


class Reloads:
    """The reloads of one worker, one at a time."""

    def __init__(self, worker: Worker) -> None:
        self.running: Reload | None = None
        self.queued: Reload | None = None
        self._worker = worker
        self._pause = _FIRST_PAUSE
        # There is one from a crash on until some generation is active, or it is known that this one cannot be loaded.
        self._comeback: Comeback | None = None
        # Why nothing is begun any more.
        self._closed: BaseException | None = None

    def order(self) -> Reload:
        """Have a generation of the newest sources loaded, after the one that is being loaded now."""
        reload = Reload(self._worker) if self.queued is None else self.queued
        if self._closed is not None:
            reload.end(self._closed)
        elif self.running is None:
            self._begin(reload)
        else:
            self.queued = reload
        return reload

    def over(self, reload: Reload, error: BaseException | None) -> None:
        """A reload has come to its end; the next one begins, if there is one or there has to be one."""
        if error is None or (self._comeback is not None and self._comeback.reload is reload):
            # Once somebody is active, what crashed before must not replace it.
            self._comeback = None
        if self._comeback is None:
            self._worker.settled(error)
        self.running = None
        if error is not None and not reload.waiters and self._closed is None:
            log.error("%s could not be loaded again", self._worker.name, exc_info=logged(error))
        reload.end(error)
        if self.queued is not None:
            reload, self.queued = self.queued, None
            self._begin(reload)
        elif self._worker.is_behind:
            # What it depends on was changed before anybody could know that it does.
            self.order()
        elif self._comeback is not None and self._comeback.due:
            self._come_back(self._comeback)

    def close(self, error: BaseException) -> None:
        """Begin nothing any more: who waits for what has not begun is told so."""
        self._closed, self._comeback = error, None
        reload, self.queued = self.queued, None
        if reload is not None:
            reload.end(error)

    def supersede(self, reload: Reload) -> None:
        """Those who wait for this one get the next one."""
        assert self.queued is not None
        self.queued.waiters[:0] = reload.waiters
        self.running = None
        reload, self.queued = self.queued, None
        self._begin(reload)

    def drain(self, generation: Generation) -> None:
        """Let an old generation end what it works on, within its grace."""
        if generation.state is not State.ACTIVE:
            return  # it is gone already
        generation.move(Phase.DRAIN)
        generation.state = State.DRAINING
        grace = self._worker.application.grace
        if generation.idle:
            self.stop(generation, Disconnected(f"{generation.name} was stopped", "a newer generation took its place"))
        else:
            generation.isolate.control.order("close sockets", generation.retire)
            over = Disconnected(f"{generation.name} was stopped", f"its grace of {grace:g} s was over")
            generation.timer = self._worker.supervisor.loop.call_later(grace, self.stop, generation, over)

    def stop(self, generation: Generation, error: BaseException) -> None:
        """Stop a generation in a turn of its own; a second time does nothing."""
        if not generation.stops:
            generation.stops = True
            generation.isolate.control.order("stop", generation.stop, error)

    def order_crash(self, generation: Generation, error: BaseException) -> None:
        """Have a generation crash, whenever the scheduler chooses so."""
        generation.isolate.control.order("crash", self.crash, generation, error)

    def crash(self, generation: Generation, error: BaseException) -> None:
        """A generation is gone from one moment to the next: another one of the same sources follows after a pause."""
        active = self._worker.active is generation
        generation.end(error)
        if active:
            self._worker.wait_for_another()
            self._comeback = Comeback(generation.snapshot)
            self._worker.supervisor.control.order("restart later", self._restart_later, self._comeback)

    def _restart_later(self, comeback: Comeback) -> None:
        pause, self._pause = self._pause, min(2 * self._pause, _LAST_PAUSE)
        self._worker.supervisor.loop.call_later(pause, self._restart, comeback)

    def _restart(self, comeback: Comeback) -> None:
        if comeback is self._comeback:
            comeback.due = True
            # What is being loaded may fail: then it is asked again.
            if self.running is None:
                self._come_back(comeback)

    def _come_back(self, comeback: Comeback) -> None:
        comeback.reload = Reload(self._worker, comeback.snapshot)
        self._begin(comeback.reload)

    def _begin(self, reload: Reload) -> None:
        self.running = reload
        reload.begin()
