"""The machine and the process that a program believes to run on: the same ones wherever it runs."""

from __future__ import annotations

import _socket
import _thread
import os
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import aside
from detrun.scheduler.clock import SECOND
from detrun.scheduler.network.network import HOST
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.engine import Engine

# What takes no arguments, by its name in `os`.
_TOLD: dict[str, Callable[[Engine], Any]] = {
    "getpid": lambda engine: engine.world.pid,
    "getppid": lambda engine: engine.world.parent_pid,
    "getpgrp": lambda engine: engine.world.pid,
    "cpu_count": lambda engine: engine.world.cpus,
    "getloadavg": lambda _: (0.0, 0.0, 0.0),
    "times": lambda engine: os.times_result((_worked(engine), 0.0, 0.0, 0.0, engine.clock.look() / SECOND)),
}


def catch() -> None:
    """Put a dispatcher at each."""
    for name, answer in _TOLD.items():
        swap.builtin(getattr(os, name), swap.told(answer))
    swap.builtin(os.getpgid, _of_process(lambda engine: engine.world.pid, _group))
    swap.builtin(os.getsid, _of_process(lambda engine: engine.world.pid))
    # Not every system has this.
    if hasattr(os, "sched_getaffinity"):
        swap.builtin(os.sched_getaffinity, _of_process(lambda engine: set(range(engine.world.cpus))))
    swap.builtin(_thread.get_native_id, swap.told(lambda engine: engine.world.pid + engine.baton.current.number))
    swap.builtin(_socket.gethostname, swap.told(lambda _: HOST.get()))
    real = swap.builtin(os.uname, swap.told(lambda _: _named(real())))


def catch_usage(resource: Any) -> None:
    """Put a dispatcher where a process is told what it has used."""
    swap.builtin(
        resource.getrusage,
        swap.asked(lambda engine, who: resource.struct_rusage((_work(engine, resource, who), *[0.0], *[0] * 14))),
    )


def catch_platform(platform: Any) -> None:
    """Put a dispatcher where `platform` keeps the name of the machine."""

    def make(real: Callable[[], Any]) -> Callable[[], Any]:
        return swap.told(lambda _: real()._replace(node=HOST.get()))(real)

    swap.function(platform.uname, make)
    # A fact of the machine that costs a process to find out.
    swap.function(platform._Processor.from_subprocess, _aside)


def _aside(real: Callable[[], str]) -> Callable[[], str]:
    def ask() -> str:
        with aside():
            return real()

    return ask


def _named(real: os.uname_result) -> os.uname_result:
    system, _, *others = real
    return os.uname_result((system, HOST.get(), *others))


def _group(engine: Engine, real: Callable[[int], int], pid: int) -> int:
    return real(pid) if engine.system is None else engine.system.getpgid(real, pid)


def _really(_: Engine, real: Callable[[int], Any], pid: int) -> Any:
    return real(pid)


def _of_process(
    answer: Callable[[Engine], Any], other: Callable[[Engine, Callable[[int], Any], int], Any] = _really
) -> swap.Make:
    def make(real: Callable[[int], Any]) -> Callable[[int], Any]:
        # Whoever names another process means a real one.
        return swap.asked(
            lambda engine, pid: answer(engine) if pid in {0, engine.world.pid} else other(engine, real, pid)
        )(real)

    return make


def _work(engine: Engine, resource: Any, who: int) -> float:
    return 0.0 if who == resource.RUSAGE_CHILDREN else _worked(engine)


def _worked(engine: Engine) -> float:
    return engine.clock.look_at_work() / SECOND
