"""What a loop offers to reach the outside with, and what a simulated program is told when it tries."""

from __future__ import annotations

from typing import Any, NoReturn

from detrun.errors import Forbidden
from detrun.scheduler.networking import Networking

_THREADS = "threads do not take part in a simulation yet, so await the work instead of handing it to a thread"
_PROCESSES = "a simulation has no processes, so put a coroutine in the place of the child"
_SIGNALS = "signals do not reach a simulation yet, so set an event where the handler would"

_MISSING = {
    _THREADS: "run_in_executor set_default_executor",
    _PROCESSES: "subprocess_exec subprocess_shell connect_read_pipe connect_write_pipe",
    _SIGNALS: "add_signal_handler remove_signal_handler",
}


class Outside(Networking):
    """A loop with no outside but the simulated network: every other way out raises `Forbidden`, which names it."""


def _refuse(name: str, hint: str) -> None:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise Forbidden(f"loop.{name}()", hint)

    refused.__name__, refused.__qualname__ = name, f"Outside.{name}"
    setattr(Outside, name, refused)


for _hint, _names in _MISSING.items():
    for _name in _names.split():
        _refuse(_name, _hint)
