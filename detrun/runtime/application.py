"""Applications: the workers of one run, and what they share."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from detrun.errors import InternalError, UsageError
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

    def route(self, url: str) -> Worker:
        """The worker that answers requests for this URL."""
        parts = urlsplit(url)
        return self.worker(self.configuration.answering(parts.hostname or "", parts.path or "/"))

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

    def check(self) -> None:
        """Raise if something is left of what the application did, though it was stopped."""
        left = [
            repr(scope) for worker in self.workers for known in worker.generations for scope in known.isolate.scopes
        ]
        if left or len(self.roots):
            raise InternalError(f"of an application that was stopped there are left: {', '.join(left) or 'roots'}")

    async def reload(self, changes: Mapping[str, str | bytes | None]) -> None:
        """Have generations of changed sources take over, of all workers that depend on them; without any, of all.

        Paths are relative to the application's directory.
        """
        paths = {os.path.join(self.configuration.directory, path): content for path, content in changes.items()}
        waiting = [
            worker.reloads.request(self._changed(worker, paths))
            for worker in self.workers
            if not paths or worker.depends_on(paths)
        ]
        for loaded in waiting:
            await loaded

    def _changed(self, worker: Worker, paths: Mapping[str, str | bytes | None]) -> Snapshot:
        inside = {os.path.relpath(path, worker.configuration.directory): content for path, content in paths.items()}
        changes = {path: content for path, content in inside.items() if not path.startswith(os.pardir)}
        self._snapshots[worker.name] = snapshot = self._snapshots[worker.name].changed(changes)
        return snapshot
