"""Isolates: contexts in which one generation of a worker runs, each with the modules of that generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.errors import Hung
from detrun.runtime.calls import Answering
from detrun.runtime.control import Control
from detrun.runtime.scopes import SCOPE
from detrun.scheduler.contexts import Unit
from detrun.scheduler.loop import Loop
from detrun.scheduler.waits import described

if TYPE_CHECKING:
    from detrun.runtime.modules.graph import Graph
    from detrun.runtime.scopes import Scope
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.tasks import Task


class ScopedLoop(Loop):
    """A loop whose tasks belong to the scope that starts them."""

    def adopt(self, task: Task, name: Any = None) -> Task:
        super().adopt(task, name)
        scope = SCOPE.get()
        if scope is not None:
            scope.adopt(task)
        return task


class Isolate(Unit):
    """The context of one generation. Once it is gone, what still arrives for it changes nothing."""

    loops = ScopedLoop

    def __init__(self, engine: Engine, name: str, key: int, graph: Graph) -> None:
        super().__init__(engine, name, key)
        self.graph = graph
        self.control = Control(self)
        self.scopes: dict[Scope, None] = {}
        self.gone = False
        self._leaves = False

    def take(self, delivery: Delivery) -> None:
        """Take one event, with this generation's modules in place; handlers that can never end fail after it."""
        if self.gone:
            self.engine.trace.step += 1
            return
        self.graph.install()
        super().take(delivery)
        if self.scopes and self._hangs():
            self.control.order("end of handlers that hang", self._end_hung)
        if self._leaves:
            self.gone = True
            self.engine.retire(self)

    def leave(self) -> None:
        """Be gone after this turn."""
        self._leaves = True

    def _hangs(self) -> bool:
        """Whether handlers wait, and nothing is under way that could let one of them go on."""
        engine = self.engine
        return (
            not any(self._expects(scope) for scope in self.scopes)
            and any(scope.handling for scope in self.scopes)
            and not self.timers.queue
            and not self._wakes.queue
            and not self.control.queue
            and not any(entry[3].home is self for entry in engine.clock.timers)
            and engine.idle_threads()
            and not self.loop.waits_for_descriptors()
        )

    def _expects(self, scope: Scope) -> bool:
        return any(not isinstance(handle, Answering) for handle in scope.handles)

    def _end_hung(self) -> None:
        if not self._hangs():
            return
        for scope in list(self.scopes):
            if scope.handling:
                waiting = [described(task) for task in scope.tasks()]
                scope.end(Hung(scope.name, waiting))
