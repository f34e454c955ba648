"""Pipes and child processes, which a live run's program has: the system of its run gives them, and a simulation none.

Descriptors of a run are far above those that the process has open: that is how functions of `os` tell them apart.
"""

from __future__ import annotations

import io
import os
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_FD = 1_000_000
_BY_DESCRIPTOR = ("read", "write", "close", "fstat", "set_blocking", "get_blocking", "isatty")


class System(Protocol):
    """What is outside of a run, beside its network, as far as the program may ask for it."""

    def adopted(self, pipe: Any) -> Any:
        """A file of the process as one whose descriptor is the run's."""

    def open(self, fd: int, *arguments: Any, **options: Any) -> Any:
        """A file object for a descriptor of the run's."""

    def kill(self, real: Callable[..., None], pid: int, number: int) -> None:
        """Send a signal to another process."""

    def getpgid(self, real: Callable[[int], int], pid: int) -> int:
        """The group of another process."""

    def pidfd_open(self, real: Callable[..., int], pid: int, flags: int) -> int:
        """A descriptor that is ready to be read when a process has ended."""


def catch() -> None:
    """Put a dispatcher at what takes descriptors and processes of a run."""
    for name in _BY_DESCRIPTOR:
        swap.builtin(getattr(os, name), _by_descriptor(name))
    if hasattr(os, "pidfd_open"):
        swap.builtin(os.pidfd_open, _open_by_number)
    swap.function(os.fdopen, _opening)


def catch_unix_loops(module: Any) -> None:
    """Have asyncio open descriptors of a run where it opens those of a child."""
    module.open = _opening(open)


def catch_subprocess(module: Any) -> None:
    """Have `subprocess` do so, too: what it opens files with is the module `io`, of which it gets one of its own."""
    module.io = ModuleType("io", io.__doc__)
    vars(module.io).update(vars(io), open=_opening(io.open))


def _system(fd: object) -> Any:
    """Whoever knows a descriptor, if it is one of a live run's."""
    engine = ACTIVE.engine
    return None if engine is None or type(fd) is not int or fd < FIRST_FD else engine.system


def _by_descriptor(name: str) -> swap.Make:
    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(fd: Any, *arguments: Any) -> Any:
            system = _system(fd)
            return real(fd, *arguments) if system is None else getattr(system, name)(fd, *arguments)

        return call

    return make


def _open_by_number(real: Callable[..., int]) -> Callable[..., int]:
    def pidfd_open(pid: int, flags: int = 0) -> int:
        engine = ACTIVE.engine
        if engine is None or engine.system is None:
            return real(pid, flags)
        return engine.system.pidfd_open(real, pid, flags)

    return pidfd_open


def _opening(real: Callable[..., Any]) -> Callable[..., Any]:
    def opened(fd: Any, *arguments: Any, **options: Any) -> Any:
        system = _system(fd)
        return (real if system is None else system.open)(fd, *arguments, **options)

    return opened
