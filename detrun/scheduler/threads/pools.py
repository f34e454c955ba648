"""Pools of threads: numbered by run, walked in order, and ended with it.

A pool that was there before, as libraries keep one for good, has workers of its own in each run.
"""

from __future__ import annotations

import sys
import weakref
from functools import wraps
from typing import TYPE_CHECKING, Any

from detrun.scheduler import ordering
from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.scheduler.threads.baton import Baton
    from detrun.scheduler.threads.thread import Thread

_MODULE = "concurrent.futures.thread"


def catch(module: Any) -> None:
    """Number pools by run, whose threads are named after them, and let what they walk have an order."""
    pool = module.ThreadPoolExecutor
    pool._counter = staticmethod(_counted(pool._counter))
    pool.__init__ = _marked(pool.__init__)
    for name in ("submit", "shutdown"):
        setattr(pool, name, _passed_on(pool, getattr(pool, name)))
    ordering.keep_order(module)


def end_pools(threads: Sequence[Thread]) -> None:
    """Let workers end once they have done what they were given, as the interpreter does when it exits."""
    pools: Any = sys.modules.get(_MODULE)
    if pools is None or len(threads) == 1:
        return
    ours = {thread.ident for thread in threads}
    for thread, work in list(pools._threads_queues.items()):
        if thread.ident in ours and (arguments := getattr(thread, "_args", None)):
            pool = arguments[0]()
            if pool is not None:
                pool._shutdown = True
            work.put(None)


def _counted(function: Callable[..., int]) -> Callable[..., int]:
    def counter() -> int:
        engine = ACTIVE.engine
        return function() if engine is None else next(engine.baton.pools)

    return counter


def _marked(function: Callable[..., None]) -> Callable[..., None]:
    """Have a pool know which run it was made in."""

    @wraps(function)
    def init(self: Any, *arguments: Any, **options: Any) -> None:
        engine = ACTIVE.engine
        self._home = None if engine is None else weakref.ref(engine.baton)
        function(self, *arguments, **options)

    return init


def _passed_on(pool: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(self: Any, /, *arguments: Any, **options: Any) -> Any:
        engine = ACTIVE.engine
        return function(self if engine is None else _of_run(pool, engine.baton, self), *arguments, **options)

    return call


def _of_run(make: Any, baton: Baton, pool: Any) -> Any:
    """The pool itself if the run made it, else one like it that stands in for it until the run ends."""
    home = getattr(pool, "_home", None)
    if home is not None and home() is baton:
        return pool
    other = baton.substitutes.get(id(pool))
    if other is None:
        other = make(pool._max_workers, pool._thread_name_prefix, pool._initializer, pool._initargs)
        baton.substitutes[id(pool)] = other
        other.stands_in_for = pool
    return other
