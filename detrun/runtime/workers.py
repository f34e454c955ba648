"""Workers: the generations of one, the door that their callers come to, and what keeps it in order."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from detrun.errors import Disconnected
from detrun.runtime.answers import Answers
from detrun.runtime.control import Control
from detrun.runtime.generations import Generation, State
from detrun.runtime.lines import Gate, Letter
from detrun.runtime.reloads import Reloads
from detrun.runtime.scopes import STOPPED
from detrun.runtime.sessions import connected
from detrun.scheduler.clock import SECOND
from detrun.scheduler.contexts import Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from detrun.runtime.application import Application
    from detrun.runtime.configured import ConfiguredWorker
    from detrun.runtime.frames import Call
    from detrun.runtime.modules.snapshot import Snapshot
    from detrun.runtime.scopes import Scope
    from detrun.runtime.sessions import Side
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery


class Door:
    """Where calls of a worker arrive. Which generation takes a new one is decided here, and when it arrives.

    While there is no generation that could, they wait.
    """

    def __init__(self, worker: Worker) -> None:
        self.name = worker.name
        self.gate = Gate(worker.engine)
        self.gate.close()
        self._worker = worker
        self._outside = Answers(None)
        self._inside = Answers(self)

    def connected(self, scope: Scope) -> Side:
        """A new session from a scope to this door."""
        near, far = connected(self._worker.engine, scope, self, self.gate, (self._outside, self._inside))
        self._worker.application.began(far)
        return near

    def take(self, delivery: Delivery) -> None:
        """Have a frame arrive where what it is about lives, or where new things begin."""
        assert isinstance(delivery, Letter)  # nothing else comes by lines
        scope, active = delivery.side.taker(delivery.route), self._worker.active
        if scope is not None:
            scope.context.take(delivery)
        elif delivery.is_unheard and (active is None or not active.isolate.scopes):
            # Most sessions end so. To have a context for that, and its modules in place, would cost far more than it.
            self._worker.engine.trace.count_turn()
            delivery.context.run(*delivery.call)
        elif active is not None:
            active.isolate.take(delivery)
        else:
            self._worker.supervisor.take(delivery)
        if self.gate.closed:
            self.gate.admit(delivery.side.incoming)

    def enter(self, side: Side, call: Call) -> tuple[Scope, Callable[[], Any]]:
        """The scope of a new event in the generation that is active, and what gives the object that it is for."""
        active = self._worker.active
        try:
            if active is None:
                raise Disconnected(f"{self.name} does not run", self._worker.reason)
            return active.enter(side, call)
        except Exception:
            # There is nobody whom it could be for: such a call costs nothing.
            root = self._worker.application.roots.get(call.root)
            if root is not None:
                root.refund()
            raise


class Supervisor(Unit):
    """The context in which a worker is kept in order; no code of the program's runs there."""

    def __init__(self, engine: Engine, name: str, key: int) -> None:
        super().__init__(engine, name, key)
        self.control = Control(self)


class Worker:
    """One worker of an application: at most one generation that takes new events, and any number that drain."""

    def __init__(
        self, application: Application, configuration: ConfiguredWorker, number: int, sources: Snapshot
    ) -> None:
        self.application = application
        self.configuration = configuration
        self.name = configuration.name
        self.engine = application.engine
        self.key = hash((number, -3))
        self.door = Door(self)
        self.reloads = Reloads(self)
        # What is loaded whenever somebody wants a new generation.
        self.sources = sources
        # Those of the last attempt, and the last generation that there was to try them.
        self.tried: Snapshot | None = None
        self.newest: Generation | None = None
        self.active: Generation | None = None
        self.generations: list[Generation] = []
        # Why there is no active generation.
        self.reason = "it was not started"
        self._last = 0

    @cached_property
    def supervisor(self) -> Supervisor:
        """Where it is kept in order; a worker that is only loaded once needs none."""
        return self.engine.know(Supervisor(self.engine, f"{self.name}/supervisor", self.key))

    def next_generation(self, snapshot: Snapshot) -> Generation:
        """A new generation, which has not loaded yet."""
        self._last += 1
        generation = Generation(self, self._last, snapshot)
        self.generations = [*self.listed(), generation]
        return generation

    def listed(self) -> list[Generation]:
        """The generations that there are, those included that were stopped not long ago."""
        since = self.engine.clock.now - _REMEMBERED * SECOND
        return [known for known in self.generations if known.ended is None or known.ended > since]

    def activate(self, generation: Generation) -> Generation | None:
        """Have new events go to this generation; the one that they went to before."""
        old, self.active = self.active, generation
        generation.state = State.ACTIVE
        if self.door.gate.closed:
            self.door.gate.open()
        return old

    def stopped(self, generation: Generation, reason: str) -> None:
        """A generation is gone; without an active one, who asks is told why."""
        if self.active is generation:
            self.active, self.reason = None, reason

    def wait_for_another(self) -> None:
        """Have new events wait until there is a generation again."""
        self.door.gate.close()

    def stop(self) -> list[Generation]:
        """Have all generations end what they do; those that there were."""
        self.active, self.reason = None, STOPPED
        self.reloads.close(Disconnected(f"{self.name} was stopped", self.reason))
        left = [known for known in self.generations if not known.isolate.gone]
        for generation in left:
            self.reloads.stop(generation, Disconnected(f"{generation.name} was stopped", self.reason))
        # Who waited for a generation is told that there will be none.
        if self.door.gate.closed:
            self.door.gate.open()
        return left

    def depends_on(self, paths: Iterable[str]) -> bool:
        """Whether a change of one of these files can make a difference to it; after a failed attempt, that counts."""
        return self.newest is None or not set(self.newest.graph.files()).isdisjoint(paths)

    @property
    def is_behind(self) -> bool:
        """Whether a file that it depends on is another one than at the last attempt."""
        before, now = self.tried, self.sources
        if before is now or before is None or self.newest is None:
            return False
        inside = [path for file in self.newest.graph.files() if (path := now.inside(file)) is not None]
        return any(before.files.get(path) is not now.files.get(path) for path in inside)

    def settled(self, error: BaseException | None) -> None:
        """An attempt to load is over: without any generation, who waits is told why."""
        if error is not None and self.active is None:
            self.reason = f"it could not be loaded: {error}"
            if self.door.gate.closed:
                self.door.gate.open()


# How long a generation that was stopped is listed, in seconds.
_REMEMBERED = 60
