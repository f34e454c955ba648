"""What a loop offers to reach the outside with, and what a simulated program is told when it tries."""

from __future__ import annotations

import inspect
import signal
from typing import TYPE_CHECKING, Any, NoReturn

from detrun.errors import Forbidden
from detrun.scheduler.networking import Networking

if TYPE_CHECKING:
    from detrun.scheduler.contexts import Context

_PROCESSES = "a simulation has no processes, so put a coroutine in the place of the child"

_MISSING = {
    _PROCESSES: "subprocess_exec subprocess_shell connect_read_pipe connect_write_pipe",
}

_UNCATCHABLE = (signal.SIGKILL, signal.SIGSTOP)


class Outside(Networking):
    """A loop with no outside but the simulated network: every other way out raises `Forbidden`, which names it.

    Signals do not come in either. Servers ask for them all the same, so a handler is taken, and never called.
    """

    _check_signal: Any  # asyncio's own, of which types do not know

    def __init__(self, home: Context) -> None:
        super().__init__(home)
        self._handled: set[int] = set()

    def add_signal_handler(self, sig: int, callback: Any, *_: Any) -> None:  # type: ignore[override]
        if inspect.iscoroutine(callback) or inspect.iscoroutinefunction(callback):
            raise TypeError("coroutines cannot be used with add_signal_handler()")
        self._check_signal(sig)
        self._check_closed()
        if sig in _UNCATCHABLE:
            raise RuntimeError(f"sig {sig} cannot be caught")
        self._handled.add(sig)

    def remove_signal_handler(self, sig: int) -> bool:
        self._check_signal(sig)
        handled = sig in self._handled
        self._handled.discard(sig)
        return handled


def _refuse(name: str, hint: str) -> None:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise Forbidden(f"loop.{name}()", hint)

    refused.__name__, refused.__qualname__ = name, f"Outside.{name}"
    setattr(Outside, name, refused)


for _hint, _names in _MISSING.items():
    for _name in _names.split():
        _refuse(_name, _hint)
