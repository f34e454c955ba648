"""Applications: the workers of one run, and what they share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from detrun.errors import UsageError
from detrun.runtime import kinds
from detrun.runtime.reloads import GRACE
from detrun.runtime.roots import Roots
from detrun.runtime.workers import Worker
from detrun.scheduler.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from detrun.runtime.configured import Configured
    from detrun.runtime.modules.snapshot import Snapshot
    from detrun.scheduler.engine import Engine


assert kinds.KINDS  # whose import is what lets them travel


class Application:
    """The workers of one run, by their names."""

    def __init__(self, engine: Engine, configuration: Configured, snapshots: Mapping[str, Snapshot]) -> None:
        self.engine = engine
        self.configuration = configuration
        self.grace = GRACE
        self.roots = Roots()
        self._snapshots = dict(snapshots)
        self._workers = {
            worker.name: Worker(self, worker, number) for number, worker in enumerate(configuration.workers)
        }

    @property
    def workers(self) -> list[Worker]:
        """All of them; the main one is the last."""
        return sorted(self._workers.values(), key=lambda worker: worker.name == self.configuration.main)

    def worker(self, name: str) -> Worker:
        """The worker of this name."""
        worker = self._workers.get(name)
        if worker is None:
            raise UsageError(f"expected a worker that is one of {', '.join(self._workers)}, got {name!r}")
        return worker

    async def start(self) -> None:
        """Load all workers, the main one last; raises if that cannot be loaded."""
        for worker in self.workers:
            loaded = worker.reloads.request(self._snapshots[worker.name])
            try:
                await loaded
            except Exception:
                if worker.name == self.configuration.main:
                    raise

    def route(self, _: str) -> Worker:
        """The worker that answers requests for this URL."""
        return self.worker(self.configuration.main)

    def jump(self, seconds: float) -> None:
        """Have the time of day be another one from one moment to the next."""
        self.workers[0].supervisor.control.order("clock jump", self._jump, round(seconds * SECOND))

    def _jump(self, nanoseconds: int) -> None:
        clock = self.engine.clock
        clock.tell(clock.look_at_wall() + nanoseconds)

    async def stop(self) -> None:
        """Have all workers end what they do, and be gone."""
        waiting = [generation for worker in self.workers for generation in worker.stop()]
        while not all(generation.isolate.gone for generation in waiting):
            await asyncio.sleep(0.001)

    async def reload(self, changes: Mapping[str, str | bytes | None]) -> None:
        """Have generations of changed sources take over: of those workers whose directory the changes are in."""
        waiting = []
        for worker in self.workers:
            snapshot = self._snapshots[worker.name].changed(changes)
            if snapshot.digest != self._snapshots[worker.name].digest or not changes:
                self._snapshots[worker.name] = snapshot
                waiting.append(worker.reloads.request(snapshot))
        for loaded in waiting:
            await loaded
