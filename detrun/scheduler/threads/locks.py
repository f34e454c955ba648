"""Locks and the C queue: inside a run a thread that would wait hands over the baton instead.

The objects are the real ones, whoever made them and when: only their methods are dispatched, which `threading` and
`queue` build everything else upon.
"""

from __future__ import annotations

import _queue
import _thread
import importlib
import threading
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.clock import FOREVER, instant
from detrun.scheduler.threads import real
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

_ModuleLock: Any = vars(importlib._bootstrap)["_ModuleLock"]
_RLock: Any = threading.RLock().__class__
_LOCKS = (
    (_thread.LockType, real.acquire, ("acquire", "acquire_lock"), ("release", "release_lock", "__exit__")),
    (_RLock, real.acquire_again, ("acquire",), ("release", "__exit__", "_release_save")),
)


def catch() -> None:
    """Put a dispatcher at everything that waits for a lock or a queue, and at what ends the wait."""
    for cls, take, takers, givers in _LOCKS:
        for name in takers:
            swap.method(cls, name, _acquire(take))
        swap.method(cls, "__enter__", _enter(take))
        for name in givers:
            swap.method(cls, name, _release)
    swap.method(_RLock, "_acquire_restore", _restore)
    swap.method(_queue.SimpleQueue, "get", _get)
    for name in ("put", "put_nowait"):
        swap.method(_queue.SimpleQueue, name, _put)
    for name in ("acquire", "release"):
        setattr(_ModuleLock, name, _importing(getattr(_ModuleLock, name)))


def _acquire(take: Callable[..., bool]) -> swap.Make:
    def make(function: Callable[..., bool]) -> Callable[..., bool]:
        def acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
            engine = ACTIVE.engine
            if engine is None or (timeout < 0 and timeout != -1):
                return function(self, blocking, timeout)
            if blocking:
                return engine.baton.acquire(self, timeout, take)
            taken = function(self, blocking, timeout)
            if taken:
                engine.baton.owners[id(self)] = engine.baton.current
            return taken

        return acquire

    return make


def _enter(take: Callable[..., bool]) -> swap.Make:
    def make(function: Callable[..., bool]) -> Callable[..., bool]:
        def enter(self: Any) -> bool:
            engine = ACTIVE.engine
            return function(self) if engine is None else engine.baton.acquire(self, -1, take)

        return enter

    return make


def _release(function: Callable[..., Any]) -> Callable[..., Any]:
    def release(self: Any, *error: Any) -> Any:
        engine = ACTIVE.engine
        if engine is not None and engine.baton.denied and engine.baton.was_denied(self):
            return None  # or it would be taken from whoever has it
        result = function(self, *error)
        if engine is not None and not (type(self) is _RLock and real.is_owned(self)):
            engine.baton.released(self)
        return result

    return release


def _restore(function: Callable[..., None]) -> Callable[..., None]:
    def restore(self: Any, state: Any) -> None:
        engine = ACTIVE.engine
        if engine is not None:
            engine.baton.acquire(self, -1, real.acquire_again)
            real.release_again(self)  # nobody takes it in between: nobody else runs
        function(self, state)

    return restore


def _get(function: Callable[..., Any]) -> Callable[..., Any]:
    def get(self: Any, block: bool = True, timeout: float | None = None) -> Any:
        engine = ACTIVE.engine
        if engine is None or not block or (timeout is not None and timeout < 0):
            return function(self, block, timeout)
        baton, deadline = engine.baton, FOREVER if timeout is None else engine.clock.now + instant(timeout)
        baton.offer()
        while True:
            try:
                return function(self, False)
            except _queue.Empty:
                if not baton.wait(self, "a queue", deadline):
                    raise

    return get


def _put(function: Callable[..., None]) -> Callable[..., None]:
    def put(self: Any, item: Any, *rest: Any, **options: Any) -> None:
        function(self, item, *rest, **options)
        engine = ACTIVE.engine
        if engine is not None:
            engine.baton.wake(self)
            engine.baton.offer()

    return put


def _importing(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Whether a module was imported before shall decide nothing: to import is no place where threads meet."""

    def call(self: Any) -> Any:
        engine = ACTIVE.engine
        if engine is None:
            return function(self)
        me = engine.baton.current
        outside, me.importing = me.importing, True
        try:
            return function(self)
        finally:
            me.importing = outside

    return call
