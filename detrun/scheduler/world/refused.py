"""Processes, and what only processes need: a simulation has none, so that each way to one raises `Forbidden`.

Sockets, signals and threads have pages of their own; what is listed here is refused inside a run, and only there.
"""

from __future__ import annotations

import inspect
import os
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.world import swap, system

if TYPE_CHECKING:
    from collections.abc import Callable

_CHILD = "a simulation has one process, so put a coroutine in the place of the child"
_COMMAND = "a simulation has one process, so put a function that gives the same result in the place of the command"
_ITSELF = "the run would end without a verdict, so return instead"
_PIPE = "nothing in a simulation could be at its other end, so use socket.socketpair() or an asyncio.Queue"
_SHARED = "a simulation has one process, so use the locks and queues of threading or asyncio"
_WAIT = "a simulation has no children to wait for, so await the coroutine that is in the child's place"

_FOLLOWED = "a live run follows one process and what its children say, so start them with asyncio or subprocess"

# By what to do instead: functions of `os`, of which not every system has all.
_FUNCTIONS = {
    _CHILD: "fork forkpty posix_spawn posix_spawnp",
    _COMMAND: "system",
    _ITSELF: "execv execve",
    _PIPE: "pipe pipe2 openpty mkfifo",
    _WAIT: "wait wait3 wait4 waitid waitpid",
}
# What a live run's program may do all the same, by who does it in that run's system.
_GIVEN = {
    "pipe": "pipe",
    "pipe2": "pipe",
    "posix_spawn": "spawn",
    "posix_spawnp": "spawn",
    "system": "shell",
    "wait": "wait",
    "waitpid": "waitpid",
    "_posixsubprocess": "fork_exec",
    "subprocess": "allow",
}
# By module, put in place once that is imported: a function or a method in it, what to call that, what to do instead.
_LATER = {
    "_posixsubprocess": ("fork_exec", "a child process", _COMMAND),
    "concurrent.futures.process": ("ProcessPoolExecutor.__init__", "a ProcessPoolExecutor", _CHILD),
    "multiprocessing.connection": ("_ConnectionBase.__init__", "multiprocessing.Pipe()", _PIPE),
    "multiprocessing.process": ("BaseProcess.start", "multiprocessing.Process.start()", _CHILD),
    "multiprocessing.queues": ("Queue.__init__", "multiprocessing.Queue()", _SHARED),
    "multiprocessing.synchronize": ("SemLock.__init__", "a lock of multiprocessing", _SHARED),
    "subprocess": ("Popen.__init__", "subprocess.Popen()", _COMMAND),
}


def catch() -> None:
    """Refuse what is in `os`."""
    for hint, names in _FUNCTIONS.items():
        for name in names.split():
            if hasattr(os, name):
                swap.builtin(getattr(os, name), _refused(f"os.{name}()", hint, _GIVEN.get(name)))


def guards() -> dict[str, Callable[[Any], None]]:
    """What to do to other modules once they are imported."""
    return {name: partial(_guard, *refusal) for name, refusal in _LATER.items()}


def _guard(path: str, what: str, hint: str, module: Any) -> None:
    target = attrgetter(path)(module)
    refused = _refused(what, hint, _GIVEN.get(module.__name__))
    (swap.function if inspect.isfunction(target) else swap.builtin)(target, refused)
    if module.__name__ == "subprocess":
        system.catch_subprocess(module)


def _refused(what: str, hint: str, given: str | None) -> swap.Make:
    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def refuse(*arguments: Any, **options: Any) -> Any:
            engine = ACTIVE.engine
            if engine is None:
                return real(*arguments, **options)
            if engine.system is None:
                raise Forbidden(what, hint)
            if given is None:
                raise Forbidden(what, hint if hint is _ITSELF else _FOLLOWED)
            return getattr(engine.system, given)(real, *arguments, **options)

        return refuse

    return make
