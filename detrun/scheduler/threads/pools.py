"""Pools of threads: numbered by run, walked in order, and ended with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from detrun.scheduler import ordering
from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.scheduler.threads.thread import Thread

_MODULE = "concurrent.futures.thread"


def catch(module: Any) -> None:
    """Number pools by run, whose threads are named after them, and let what they walk have an order."""
    module.ThreadPoolExecutor._counter = staticmethod(_counted(module.ThreadPoolExecutor._counter))
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
