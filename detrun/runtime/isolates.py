"""Isolates: contexts in which one generation of a worker runs, each with the modules of that generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from detrun.errors import Hung
from detrun.runtime.calls import Answering
from detrun.runtime.control import Control
from detrun.runtime.modules.table import IN_PLACE
from detrun.runtime.scopes import SCOPE, log
from detrun.scheduler.contexts import Unit
from detrun.scheduler.loop import Loop
from detrun.scheduler.machinery import logged
from detrun.scheduler.waits import described

if TYPE_CHECKING:
    import asyncio
    from contextvars import Context as Variables

    from detrun.runtime.modules.graph import Graph
    from detrun.runtime.scopes import Scope
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery

# The interpreter's name for what `aclose()` of an asynchronous generator gives.
_CLOSING = "async_generator_athrow"


class ScopedLoop(Loop):
    """A loop whose tasks belong to the scope that starts them."""

    @property
    def waits_for_descriptors(self) -> bool:
        """Whether something may come by the network."""
        return bool(self._selector.get_map())

    def create_task(
        self, coro: Any, *, name: Any = None, context: Variables | None = None, eager_start: bool = False
    ) -> asyncio.Task[Any]:
        task = Loop.create_task(self, coro, name=name, context=context, eager_start=eager_start)
        scope = SCOPE.get()
        # To close a generator is to unwind what used it: that goes on though the scope may be over.
        if scope is not None and type(coro).__name__ != _CLOSING:
            scope.adopt(task)
        return task


class Owner(Protocol):
    """Whose modules an isolate has."""

    def left(self) -> None:
        """The context is gone."""

    def exited(self, error: SystemExit) -> None:
        """Its code wanted the process to end."""


class Isolate(Unit):
    """The context of one generation. Once it is gone, what still arrives for it changes nothing."""

    loops = ScopedLoop
    loop: ScopedLoop

    def __init__(self, engine: Engine, name: str, key: int, graph: Graph, owner: Owner) -> None:
        super().__init__(engine, name, key)
        self._owner = owner
        self.graph = graph
        self.control = Control(self)
        self.scopes: dict[Scope, None] = {}
        # What its code finds in `env`.
        self.env: Any = None
        self.loaded = False
        self.gone = False
        self._leaves = False

    def take(self, delivery: Delivery) -> None:
        """Take one event, with this generation's modules in place; handlers that can never end fail after it."""
        engine = self.engine
        engine.trace.step += 1
        if self.gone:
            return
        if engine.entering.loop is not self.loop:
            engine.entering.enter(self.loop)
            if IN_PLACE.table is not self.graph:
                self.graph.enter()
        try:
            self.turn(delivery)
        except SystemExit as error:
            self._owner.exited(error)
        if self.scopes and self._hung():
            self.control.order("end of handlers that hang", self._end_hung)
        if self._leaves:
            self.gone = True
            self._unwind()
            engine.retire(self)
            if self.loaded:
                self.graph.forget()
            self._owner.left()

    def leave(self) -> None:
        """Be gone after this turn."""
        self._leaves = True

    def _unwind(self) -> None:
        """Close what still waits for something while it is unwound: else that is done whenever memory is collected."""
        for task in self.loop.tasks():
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                try:
                    task.get_coro().close()
                except Exception as error:
                    log.warning("%s of %s could not be ended", task.get_name(), self.name, exc_info=logged(error))

    def _hung(self) -> list[Scope]:
        """The scopes whose handlers wait while nothing is under way that could let one of them go on."""
        for scope in self.scopes:
            for end in scope.handles:
                # Something will come to it that it has asked for.
                if end.expects and not end.only_if_asked:
                    return []
        engine = self.engine
        if (
            self.stirs
            or self.control.queue
            or len(engine.baton.threads) > 1
            or self.loop.waits_for_descriptors
            or any(entry[3].home is self for entry in engine.clock.timers)
        ):
            return []
        return [scope for scope in self.scopes if _waits(scope)]

    def _end_hung(self) -> None:
        for scope in self._hung():
            scope.end(Hung(scope.name, [described(task) for task in scope.tasks()]))


def _waits(scope: Scope) -> bool:
    """Whether a scope has a handler that is not done, and nothing that could come to it."""
    return any(isinstance(end, Answering) for end in scope.handles) and not any(end.expects for end in scope.handles)
