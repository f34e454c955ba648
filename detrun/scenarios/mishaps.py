"""What may go wrong with an application: asked whenever something arrives at a worker, and not so by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detrun.errors import Disconnected
from detrun.runtime.lines import Letter

if TYPE_CHECKING:
    from detrun.runtime.generations import Generation
    from detrun.scenarios.app import App
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.threads.thread import Thread

KINDS = ("crash", "reload", "hang-up")


class Mishaps:
    """Asks at each arrival whether the generation that takes it crashes or is replaced, or clients hang up."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._engine = app.application.engine

    def watch(self) -> None:
        """Ask from now on, if anything of this kind may happen in the run."""
        if not self._engine.faults.kinds.isdisjoint(KINDS):
            self._engine.trace.observers.append(self.happen)

    def happen(self, delivery: Delivery | Thread) -> None:
        """Something arrives."""
        if not isinstance(delivery, Letter) or (generation := self._taker(delivery)) is None:
            return
        key = hash(delivery.id)
        ask = self._engine.faults.ask
        # Each is an event of its own, which comes as late as anything else may.
        reloads, control = generation.worker.reloads, generation.worker.supervisor.control
        if ask("crash", key):
            reloads.order_crash(generation, Disconnected(generation.name, "crashed by chance"))
        if ask("reload", key):
            control.order("reload by chance", reloads.order)
        if ask("hang-up", key):
            control.order("hang up by chance", self._app.cut_off)

    def _taker(self, letter: Letter) -> Generation | None:
        """The generation that takes this; nothing if a client does."""
        scope, workers = letter.side.taker(letter.route), self._app.application.workers
        if scope is None:
            return next((worker.active for worker in workers if worker.name == letter.side.name), None)
        generations = (known for worker in workers for known in worker.generations)
        return next((known for known in generations if known.isolate is scope.context), None)
