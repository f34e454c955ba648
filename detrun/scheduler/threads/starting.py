"""Threads that begin and are joined: inside a run they are real ones that wait for the baton before anything else."""

from __future__ import annotations

import _thread
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.clock import FOREVER, instant
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.engine import Engine
    from detrun.scheduler.threads.baton import Baton

_module: Any = _thread
_threading: Any = threading


def catch() -> None:
    """Put a dispatcher where threads are started, joined, identified and named."""
    start: swap.Make = _start
    if hasattr(_module, "start_joinable_thread"):
        start = _start_by_handle(swap.builtin(_module.start_joinable_thread, _start_joinable))
        swap.method(_module._ThreadHandle, "join", _join)
    for name in ("start_new_thread", "start_new"):
        swap.builtin(getattr(_thread, name), start)
    swap.builtin(_thread.get_ident, swap.told(lambda engine: engine.baton.current.ident))
    _threading._newname = _named(_threading._newname)
    _threading.Thread.ident = _identity("_ident", lambda engine: engine.baton.main.ident)
    _threading.Thread.native_id = _identity("_native_id", lambda engine: engine.world.pid)


def _start(function: Callable[..., int]) -> Callable[..., int]:
    def start_new_thread(target: Any, arguments: Any, options: Any = None, /) -> int:
        engine = ACTIVE.engine
        if engine is None or not isinstance(arguments, tuple):
            return function(target, arguments, *(() if options is None else (options,)))
        owner = getattr(target, "__self__", None)
        baton, thread = engine.baton, _begin(engine.baton, owner)
        try:
            _check(baton, thread, owner)
            function(thread.run, (target, arguments, options))
        except BaseException:
            baton.forget(thread)
            raise
        baton.offer()
        return int(thread.ident)

    return start_new_thread


def _start_by_handle(really: Callable[..., Any]) -> swap.Make:
    joinable = _start_joinable(really)

    def make(function: Callable[..., int]) -> Callable[..., int]:
        def start_new_thread(target: Any, arguments: Any, options: Any = None, /) -> int:
            if ACTIVE.engine is None or not isinstance(arguments, tuple):
                return function(target, arguments, *(() if options is None else (options,)))
            handle = joinable(partial(target, *arguments, **(options or {})))
            return next(thread.ident for thread in ACTIVE.engine.baton.threads if thread.joined is handle)

        return start_new_thread

    return make


def _start_joinable(function: Callable[..., Any]) -> Callable[..., Any]:
    def start_joinable_thread(target: Any, handle: Any = None, daemon: bool = True) -> Any:
        engine = ACTIVE.engine
        if engine is None:
            return function(target, handle=handle, daemon=daemon)
        owner = getattr(target, "__self__", None)
        baton, thread = engine.baton, _begin(engine.baton, owner)
        thread.joined = handle = _module._ThreadHandle() if handle is None else handle
        thread.daemon = daemon
        try:
            _check(baton, thread, owner)
            function(lambda: thread.run(target), handle=handle, daemon=daemon)
        except BaseException:
            baton.forget(thread)
            raise
        baton.offer()
        return handle

    return start_joinable_thread


def _begin(baton: Baton, owner: Any) -> Any:
    name = owner.name if isinstance(owner, threading.Thread) else f"thread {len(baton.threads)}"
    return baton.begin(name, daemon=getattr(owner, "daemon", True))


def _check(baton: Baton, thread: Any, owner: Any) -> None:
    """Raise what Python raises where the system has no thread left, if that is what happens here."""
    # Not for the thread in which asyncio waits for an executor's: nobody could do anything about it.
    if getattr(getattr(owner, "_target", None), "__name__", "") == "_do_shutdown":
        return
    if baton.engine.faults.ask("thread", thread.key):
        raise RuntimeError("can't start new thread")


def _join(function: Callable[..., None]) -> Callable[..., None]:
    def join(self: Any, timeout: float | None = None) -> None:
        engine = ACTIVE.engine
        if engine is not None:
            deadline = FOREVER if timeout is None or timeout < 0 else engine.clock.now + instant(timeout)
            for thread in engine.baton.threads:
                if thread.joined is self and not engine.baton.wait(self, f"the end of {thread.name}", deadline):
                    return
        function(self, timeout)

    return join


def _named(function: Callable[..., str]) -> Callable[..., str]:
    """The names of threads that are given none, numbered anew in each run."""

    def newname(template: str = "Thread-%d") -> str:
        engine = ACTIVE.engine
        return function(template) if engine is None else template % next(engine.baton.names)

    return newname


def _identity(attribute: str, answer: Callable[[Engine], int]) -> property:
    """What a thread says it is: the one that a run began in is another one there."""

    def identity(self: Any) -> Any:
        engine, known = ACTIVE.engine, getattr(self, attribute)
        if engine is None or self._ident != engine.baton.main.real_ident:
            return known
        return answer(engine)

    return property(identity)
