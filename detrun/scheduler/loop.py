"""The event loop of one context: asyncio's face of the engine."""

from __future__ import annotations

import asyncio
import sys
from asyncio import coroutines, events
from typing import TYPE_CHECKING, Any

from detrun.scheduler import debugging
from detrun.scheduler.generators import Generators
from detrun.scheduler.spawning import Spawning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from detrun.scheduler.contexts import Context


# Who puts another in its place is asked.
_DECIDES = coroutines._is_debug_mode  # type: ignore[attr-defined]


class Loop(Spawning):
    """An asyncio event loop that the engine drives; its context decides what a turn of it is."""

    # C asks at every future that it makes: this says False without a Python frame. Debug mode puts another before it.
    get_debug = staticmethod(bool)
    slow_callback_duration = 0.1
    _generators: Generators | None = None

    def __init__(self, *_: Any, **__: Any) -> None:
        """Do nothing: `of` has done it, and asyncio initializes once more what it believes to be a loop of its own."""

    @classmethod
    def of(cls, home: Context) -> Loop:
        """A new loop for this context."""
        # What makes loops of asyncio's is asked about each, and these are none of them.
        loop: Loop = object.__new__(cls)
        loop._begin(home)
        return loop

    def _begin(self, home: Context) -> None:
        super().__init__(home)
        self.stopping = False
        self._running = False
        decides = coroutines._is_debug_mode  # type: ignore[attr-defined]
        if decides() if decides is not _DECIDES else _wants_debug(home.engine.world.environment):
            self.set_debug(True)

    @property
    def generators(self) -> Generators:
        """Its asynchronous generators: there once somebody asks, for a unit most often has none."""
        if self._generators is None:
            self._generators = Generators(self)
        return self._generators

    def __repr__(self) -> str:
        return f"<Loop {self.home.name} running={self.is_running()} closed={self._closed} debug={self.get_debug()}>"

    def run_forever(self) -> None:
        self.check_open()
        self._check_idle()
        hooks, depth = sys.get_asyncgen_hooks(), debugging.track_coroutines(self.get_debug())
        self.generators.hook()
        events._set_running_loop(self)
        self._running = True
        try:
            self.home.engine.drive(self)
        finally:
            self.stopping = self._running = False
            events._set_running_loop(None)
            sys.set_asyncgen_hooks(*hooks)
            sys.set_coroutine_origin_tracking_depth(depth)

    def run_until_complete(self, future: Any) -> Any:
        self.check_open()
        self._check_idle()
        ours = not asyncio.isfuture(future)
        if ours or future.get_loop() is not self:
            future = asyncio.ensure_future(future, loop=self)  # which refuses one of another loop
        if ours:
            future._log_destroy_pending = False  # whoever stops the loop early is told by the error below
        future.add_done_callback(_stop)
        try:
            self.run_forever()
        except BaseException:
            if ours and future.done() and not future.cancelled():
                future.exception()  # what is raised here is it, or hides it: do not report it as never retrieved
            raise
        finally:
            future.remove_done_callback(_stop)
        if not future.done():
            raise RuntimeError("Event loop stopped before Future completed.")
        return future.result()

    def stop(self) -> None:
        self.stopping = True

    def is_running(self) -> bool:
        return self._running or events._get_running_loop() is self

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        if self.is_running():
            raise RuntimeError("Cannot close a running event loop")
        self._forget_signals()
        self._closed = self._executor_shutdown_called = True
        if self._default_executor is not None:
            self._default_executor.shutdown(wait=False)
            self._default_executor = None
        self._selector.close()
        self.append = self._refuse
        self.ready.clear()
        self._clock.drop(lambda timer: timer.home is self.home)

    def set_debug(self, enabled: bool) -> None:
        (debugging.begin if enabled else debugging.end)(self)

    async def shutdown_asyncgens(self) -> None:
        await self.generators.shutdown()

    def _check_idle(self) -> None:
        if self.is_running():
            raise RuntimeError("This event loop is already running")
        if events._get_running_loop() is not None:
            raise RuntimeError("Cannot run the event loop while another loop is running")

    def _refuse(self, _: object) -> None:
        self.check_open()


def _wants_debug(environment: Mapping[bytes, bytes]) -> bool:
    # As asyncio decides it, at a fifth of the price: `os.environ` looks up who asks, and decodes what it finds.
    flags = sys.flags
    return flags.dev_mode or not (flags.ignore_environment or not environment.get(b"PYTHONASYNCIODEBUG"))


def _stop(future: asyncio.Future[Any]) -> None:
    if not future.cancelled() and isinstance(future.exception(), (SystemExit, KeyboardInterrupt)):
        return  # it is on its way out through the loop already
    future.get_loop().stop()
