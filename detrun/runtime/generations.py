"""Generations: one load of a worker's modules each, the context that it runs in, and the events that it works on."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from detrun.errors import Disconnected, InternalError, LimitReached
from detrun.journal.entries import Phase
from detrun.runtime.entrypoints import ExecutionContext, Fetching, made, resolved
from detrun.runtime.environment import Exports, environment
from detrun.runtime.isolates import Isolate
from detrun.runtime.modules.graph import Graph
from detrun.runtime.scopes import Scope
from detrun.runtime.values import decode

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from detrun.runtime.frames import Call
    from detrun.runtime.modules.snapshot import Snapshot
    from detrun.runtime.sessions import Side
    from detrun.runtime.workers import Worker
    from detrun.scheduler.handles import TimerHandle

# How long the top level of an application may take, in virtual seconds, and in real ones.
STARTUP, REAL_STARTUP = 10.0, 60.0
_FETCH = ("fetch",)


class State(Enum):
    """How far a generation has come in its life."""

    LOADING = "loading"
    READY = "ready"
    ACTIVE = "active"
    DRAINING = "draining"
    STOPPED = "stopped"
    FAILED = "failed"


class Generation:
    """One load of a worker. It has everything that it works on in its scopes, and is idle when there are none."""

    def __init__(self, worker: Worker, number: int, snapshot: Snapshot) -> None:
        self.worker = worker
        self.number = number
        self.snapshot = snapshot
        self.name = f"{worker.name}@{number}"
        self.state = State.LOADING
        self.graph = Graph(snapshot, worker.configuration.main)
        key = hash((worker.key, number))
        self.isolate = worker.engine.know(Isolate(worker.engine, self.name, key, self.graph, self))
        self.module: ModuleType | None = None
        self.exports: Exports | None = None
        # The instants at which it was made and at which it was stopped.
        self.began = worker.engine.clock.now
        self.ended: int | None = None
        # What ends it when its grace is over, and whether it was told to stop.
        self.timer: TimerHandle | None = None
        self.stops = False
        self._roots = worker.application.roots
        self._scope_over = self._over

    def load(self) -> None:
        """Import the worker's modules, in a turn of the context; raises what their top level raises."""
        self.move(Phase.LOAD)
        clock = self.worker.engine.clock
        began = clock.now
        # Whoever looks at it while modules are imported finds it.
        self.isolate.env = environment(self.worker)
        self.module = self.graph.load(REAL_STARTUP)
        self.isolate.loaded = True
        if clock.now - began > STARTUP * 1e9:
            raise LimitReached("seconds for the top level of an application", STARTUP, "do it in a handler instead")
        self.exports = Exports(self.worker, self.module)
        self.state = State.READY

    def enter(self, side: Side, call: Call) -> tuple[Scope, Callable[[], Any]]:
        """The scope of a new event, and what gives the object that it is for."""
        if self.state is not State.ACTIVE:
            raise InternalError(f"an event came to {self.name}, which is {self.state.value}")
        assert self.module is not None  # or this generation would not be active
        entrypoint = resolved(self.module, call.entrypoint)
        root = self._roots.get(call.root)
        if root is None:
            root = self._roots.begin(call.root, self.worker.configuration.limits)
        root.users += 1
        isolate = self.isolate
        scope = Scope(isolate, call.entrypoint or self.worker.name, call.path, root, call.depth, self._scope_over)
        isolate.scopes[scope] = None

        def find() -> Any:
            props = decode(call.props, _Plain()) if call.props else {}
            known = made(entrypoint, ExecutionContext(scope, self.exports, props), isolate.env)
            if call.path == _FETCH and not call.reads:
                return Fetching(known, scope, ".".join((scope.whom, *call.path)))
            return known

        return scope, find

    @property
    def idle(self) -> bool:
        """Whether it works on nothing that would have to be waited for."""
        return not any(scope.pins for scope in self.isolate.scopes)

    def retire(self) -> None:
        """Close the sockets of events that have answered: it may go on with what it works on, and not for ever."""
        for scope in list(self.isolate.scopes):
            scope.retire()

    def stop(self, error: BaseException) -> None:
        """End everything that it works on, sockets in an orderly way, in a turn of the context."""
        for scope in list(self.isolate.scopes):
            scope.close_connections()
        self.end(error)

    def end(self, error: BaseException) -> None:
        """End everything that it works on as it is, in a turn of the context, and be gone after it."""
        for scope in list(self.isolate.scopes):
            scope.end(error)
        self.state = State.STOPPED
        if self.timer is not None:
            self.timer.cancel()
        reason = str(error)
        self.worker.stopped(self, reason)
        # It is listed for a while, and need not keep what it was made of.
        self.module = self.exports = self.isolate.env = None
        self.isolate.leave()
        self.ended = self.worker.engine.clock.now
        self.move(Phase.STOP, reason=reason)

    def left(self) -> None:
        """Its context is gone."""
        self.worker.application.ended()

    def exited(self, error: SystemExit) -> None:
        """Its code wanted the process to end: that of this generation does, unless it is the run that ends."""
        if self.worker.engine.error is not None:
            raise error
        self.worker.reloads.order_crash(self, Disconnected(self.name, f"its code exited, by {error!r}"))

    def move(self, phase: Phase, *, reason: str = "") -> None:
        """Have it written down how far this generation has come."""
        record = self.worker.engine.trace.record
        if record is not None:
            sources = self.snapshot.sources() if phase is Phase.LOAD else {}
            record.moved(self.number, phase, self.worker.name, sources, reason)

    def _over(self, scope: Scope) -> None:
        del self.isolate.scopes[scope]
        root = scope.root
        root.users -= 1
        if not root.users:
            del self._roots[root.number]
        if self.state is State.DRAINING and self.idle:
            self.worker.reloads.stop(self, Disconnected(f"{self.name} was stopped", "nothing of it was left to do"))


class _Plain:
    """Takes what has no handles in it."""

    def revive(self, code: int, payload: object) -> object:
        raise ValueError(f"expected plain data, got a handle of kind {code}: {payload!r}")

    def find_class(self, module: str, qualname: str) -> type:
        raise ValueError(f"expected plain data, got a {module}.{qualname}")
