"""The interpreter's own threads and locks, taken before anything is put in their place."""

from __future__ import annotations

import _thread
import threading
from typing import Any

from detrun.scheduler.world import swap

_module: Any = _thread
_lock: Any = vars(_thread.LockType)
_reentrant: Any = vars(threading.RLock().__class__)
acquire, release = _lock["acquire"], _lock["release"]
acquire_again, release_again, is_owned = _reentrant["acquire"], _reentrant["release"], _reentrant["_is_owned"]
allocate_lock = _thread.allocate_lock
get_ident = swap.twin(_thread.get_ident)
# Since 3.13 a thread has a handle to be joined by; before, a lock that C releases when it is gone.
_handle: Any = getattr(_thread, "_ThreadHandle", None)
join = vars(_handle)["join"] if _handle is not None else None
_set_sentinel = getattr(_thread, "_set_sentinel", None)
# So long a thread that has ended may take to be gone.
_PATIENCE = 1.0


helpers: list[object] = []
"""A token for each thread of detrun's own, none of which has a lock that a program could wait for."""


def count() -> int:
    """How many threads there are but for the first one and for helpers."""
    return _thread._count() - len(helpers)


def mark_end(thread: Any, function: Any) -> None:
    """Remember, at the end of a thread and in it, by what others see that it is gone."""
    if _set_sentinel is not None:
        mark = getattr(getattr(function, "__self__", None), "_tstate_lock", None)
        thread.joined = mark if mark is not None else _begin_sentinel()


def _begin_sentinel() -> Any:
    assert _set_sentinel is not None
    sentinel = _set_sentinel()
    acquire(sentinel)
    return sentinel


def await_end(mark: Any) -> None:
    """Wait until a thread is gone that is about to be."""
    if join is not None:
        join(mark, _PATIENCE)
    elif acquire(mark, True, _PATIENCE):
        release(mark)
