"""Applications: the workers of one run, and what they share."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from detrun.errors import InternalError, UsageError
from detrun.runtime.carrying import Carrier
from detrun.runtime.kinds import KINDS
from detrun.runtime.modules.graph import carried
from detrun.runtime.reloads import GRACE
from detrun.runtime.roots import Roots
from detrun.runtime.watching import Watching
from detrun.runtime.workers import Worker
from detrun.scheduler.machinery import logged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from detrun.runtime.configured import Configured
    from detrun.runtime.generations import Generation
    from detrun.runtime.modules.snapshot import Snapshot
    from detrun.runtime.reloads import Reload
    from detrun.runtime.sessions import Side
    from detrun.scheduler.engine import Engine


log = logging.getLogger("detrun.runtime")
Carrier.know(KINDS)


class Application:
    """The workers of one run, by their names."""

    def __init__(self, engine: Engine, configuration: Configured, snapshots: Mapping[str, Snapshot]) -> None:
        self.engine = engine
        engine.entering.carry = carried
        self.configuration = configuration
        self.grace = GRACE
        self.roots = Roots()
        self.watching = Watching(self)
        # Those that go on, each by one of its sides.
        self.sessions: dict[Side, None] = {}
        # The generations that were told to stop, and who waits until they have.
        self._leaving: list[Generation] = []
        self._over: asyncio.Future[None] | None = None
        self._workers = {
            worker.name: Worker(self, worker, number, snapshots[worker.name])
            for number, worker in enumerate(configuration.workers)
        }
        # The main one is the last.
        self.workers = sorted(self._workers.values(), key=lambda worker: worker.name == configuration.main)

    def worker(self, name: str) -> Worker:
        """The worker of this name."""
        worker = self._workers.get(name)
        if worker is None:
            raise UsageError(f"expected a worker that is one of {', '.join(self._workers)}, got {name!r}")
        return worker

    async def start(self) -> None:
        """Load all workers, the main one last; raises if that cannot be loaded."""
        for worker in self.workers:
            try:
                await worker.reloads.order().wait()
            except Exception as error:
                if worker.name == self.configuration.main:
                    raise
                log.error("%s could not be loaded, and answers nothing", worker.name, exc_info=logged(error))

    def route(self, url: str) -> Worker:
        """The worker that answers requests for this URL."""
        parts = urlsplit(url)
        return self.worker(self.configuration.answering(parts.hostname or "", parts.path or "/"))

    async def stop(self) -> None:
        """Have all workers end what they do, and be gone."""
        self._leaving = [generation for worker in self.workers for generation in worker.stop()]
        while self._lasts():
            self._over = asyncio.get_running_loop().create_future()
            await self._over

    def began(self, side: Side) -> None:
        """A session goes on from now on."""
        self.sessions[side] = None
        side.closing = self.ended

    def ended(self, side: Side | None = None) -> None:
        """A session is over, or a generation gone: who waits for all of them learns of the last."""
        if side is not None:
            self.sessions.pop(side, None)
        if self._over is not None and not (self._over.done() or self._lasts()):
            self._over.set_result(None)

    def _lasts(self) -> bool:
        """Whether something goes on of an application that was stopped."""
        return bool(self.sessions) or not all(generation.isolate.gone for generation in self._leaving)

    def check(self) -> None:
        """Raise if something is left of what the application did, though it was stopped."""
        generations = [known for worker in self.workers for known in worker.generations]
        left = [repr(scope) for known in generations for scope in known.isolate.scopes]
        left += [f"a session of {side.peer} with {side.name}" for side in self.sessions if not side.closed or side.ends]
        if left or len(self.roots):
            raise InternalError(f"of an application that was stopped there are left: {', '.join(left) or 'roots'}")

    async def reload(self, changes: Mapping[str, str | bytes | None]) -> None:
        """Have new generations take over, as `order_reload` says; it is over when they have."""
        waiters = [order.wait() for order in self.order_reload(changes)]
        for outcome in await asyncio.gather(*waiters, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    def order_reload(self, changes: Mapping[str, str | bytes | None]) -> list[Reload]:
        """Have generations of changed sources loaded, of all workers that depend on them; without any, of all.

        Paths are relative to the application's directory.
        """
        paths = self.change(changes)
        return [worker.reloads.order() for worker in self.workers if not paths or worker.depends_on(paths)]

    def change(self, changes: Mapping[str, str | bytes | None]) -> list[str]:
        """Have files be other ones for whatever is loaded from now on; their whole paths."""
        paths = {os.path.join(self.configuration.directory, path): content for path, content in changes.items()}
        for worker in self.workers:
            inside = {worker.sources.inside(path): content for path, content in paths.items()}
            worker.sources = worker.sources.changed({path: content for path, content in inside.items() if path})
        return list(paths)
