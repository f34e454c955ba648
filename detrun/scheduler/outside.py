"""What a loop offers to reach the outside with, and what a simulated program is told when it tries."""

from __future__ import annotations

from contextvars import Context as Variables
from functools import cached_property
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.handles import Handle
from detrun.scheduler.networking import Networking
from detrun.scheduler.world.signals import Door

if TYPE_CHECKING:
    from detrun.scheduler.contexts import Context

_PROCESSES = "a simulation has no processes, so put a coroutine in the place of the child"

_MISSING = {
    _PROCESSES: "subprocess_exec subprocess_shell connect_read_pipe connect_write_pipe",
}


class Outside(Networking):
    """A loop whose outside is its run's: the network and signals, and in a live run pipes and processes.

    In a simulation the latter raise `Forbidden`.

    What a signal does to a loop is asyncio's own, but for the socket by which one is woken.
    """

    ready: Any

    def __init__(self, home: Context) -> None:
        super().__init__(home)
        self._signal_handlers: dict[int, Any] = {}

    @cached_property
    def _csock(self) -> Door:
        return Door(self)

    def _add_callback_signalsafe(self, handle: Any) -> None:
        self.ready.append(Handle((handle._run,), Variables()))

    def _forget_signals(self) -> None:
        # A loop that outlives its run has nothing to do with the signals of the process.
        if ACTIVE.engine is self._home.engine:
            for number in list(self._signal_handlers):
                self.remove_signal_handler(number)
        self._signal_handlers.clear()


def _guard(name: str, hint: str) -> None:
    real: Any = getattr(Networking, name)

    def guarded(self: Any, *arguments: Any, **options: Any) -> Any:
        system = self._home.engine.system
        if system is None:
            raise Forbidden(f"loop.{name}()", hint)
        if name.endswith("_pipe"):
            arguments = (*arguments[:1], *map(system.adopted, arguments[1:]))
            options = {name: system.adopted(value) if name == "pipe" else value for name, value in options.items()}
        return real(self, *arguments, **options)

    guarded.__name__, guarded.__qualname__ = name, f"Outside.{name}"
    setattr(Outside, name, guarded)


for _hint, _names in _MISSING.items():
    for _name in _names.split():
        _guard(_name, _hint)
