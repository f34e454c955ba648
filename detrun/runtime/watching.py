"""Watching: what becomes of an application whose files are changed while it runs. Who notices that lives elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from detrun.runtime.application import Application

# Nothing is loaded before nothing was saved for so many seconds: an editor saves several files one after another.
PAUSE = 0.05
# Something is loaded after so many seconds all the same.
LONGEST = 1.0


class Watching:
    """Has workers loaded again when a file that they depend on is another one.

    Which files those are is asked anew for each change. So an import that was added is among them, also if the load
    that first met it failed, and so is what that looked for in vain.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._timer: asyncio.TimerHandle | None = None
        self._latest = 0.0

    def files(self) -> list[str]:
        """The files that matter to some worker, by their whole paths."""
        newest = [worker.newest for worker in self._application.workers]
        return sorted({file for generation in newest if generation is not None for file in generation.graph.files()})

    def saved(self, changes: Mapping[str, str | bytes | None]) -> None:
        """Files were changed, or taken away. That it is noticed is an event, which anything may come before."""
        application = self._application
        application.change({path: content for path, content in changes.items() if self._is_known(path, content)})
        application.workers[0].supervisor.control.order(f"saved {', '.join(changes)}", self._notice)

    def _notice(self) -> None:
        application = self._application
        if self._timer is not None or any(worker.is_behind for worker in application.workers):
            self._wait(application.workers[0].supervisor.loop)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        if self._timer is None:
            self._latest = now + LONGEST
        else:
            self._timer.cancel()
        self._timer = loop.call_at(min(now + PAUSE, self._latest), self._load)

    def _is_known(self, path: str, content: str | bytes | None) -> bool:
        """Whether it is a file of a worker's; one that came and went unseen, as editors have them, is not."""
        file = os.path.join(self._application.configuration.directory, path)
        sources = [worker.sources for worker in self._application.workers]
        paths = [(each, inside) for each in sources if (inside := each.inside(file))]
        return any(content is not None or inside in each.files for each, inside in paths)

    def _load(self) -> None:
        self._timer = None
        for worker in self._application.workers:
            if worker.is_behind:
                worker.reloads.order()
