"""Where programs get their loops from, so that inside a run they get ours.

Installed once per process. Outside a run, and in threads that have none, everything is what it was.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from asyncio import base_events, events, selector_events
from functools import wraps
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.scheduler import garbage, imports, numbers, ordering
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.contexts import Program
from detrun.scheduler.loop import Loop
from detrun.scheduler.network import polling, refused
from detrun.scheduler.network.catch import catch_names, catch_sockets, catch_tls
from detrun.scheduler.tasks import keep_order
from detrun.scheduler.threads import locks, pools, starting
from detrun.scheduler.world import catch as surroundings

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.network.network import Network


# The policy is a global of asyncio's that types do not know of.
_policies: Any = events
_INSTEAD = "use asyncio.run(), asyncio.Runner() or asyncio.new_event_loop(), which give the run's own loop"


class _Making(threading.local):
    """Whether a runner of this thread is making the loop that its user's factory describes."""

    now = False


_making = _Making()


class active:  # noqa: N801  # a context manager, which a generator would be at three times the price
    """Let this thread's program run in `engine`: its loops come from there, and nothing of it is left afterwards."""

    __slots__ = ("_engine", "_outside", "_restore")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        install()
        self._outside = events._get_running_loop(), _policies._event_loop_policy, sys.get_asyncgen_hooks()
        # Before the run is there: a collection that is due already comes now, and who listens to it looks at a real
        # clock.
        self._restore = garbage.hold_back()
        self._engine.baton.open()
        ACTIVE.engine = self._engine
        # Whoever runs us may have a loop that runs (a notebook) and a policy of its own: the program sees neither.
        if self._outside[0] is not None:
            events._set_running_loop(None)
        _policies._event_loop_policy = None

    def __exit__(self, *_: object) -> None:
        running, policy, hooks = self._outside
        try:
            try:
                self._engine.baton.close()
            finally:
                self._engine.close()
        finally:
            ACTIVE.engine = None
            if events._get_running_loop() is not running:
                events._set_running_loop(running)  # which is a call of the system
            _policies._event_loop_policy = policy
            if sys.get_asyncgen_hooks() != hooks:
                sys.set_asyncgen_hooks(*hooks)
            garbage.restore(*self._restore)


def current() -> Engine | None:
    """The run that this thread's program is part of."""
    return ACTIVE.engine


def install() -> None:
    """Put a dispatcher at each place where loops are made. What an earlier call installed stays."""
    if imports.installed():
        return
    keep_order()
    ordering.keep_weak_order(base_events)  # whose servers close and abort all their connections
    catch_sockets(_network)
    catch_names(_network)
    catch_tls(_network)
    polling.catch(_network)
    locks.catch()
    starting.catch()
    numbers.catch()
    garbage.catch()
    surroundings.catch()
    _catch_policy(asyncio.DefaultEventLoopPolicy)
    _catch_runner(asyncio.Runner)
    _catch_runners(asyncio.runners)
    _catch_selector_loop(selector_events.BaseSelectorEventLoop)
    imports.after(
        {
            "uvloop": _catch_uvloop,
            "concurrent.futures.thread": pools.catch,
            **dict.fromkeys(ordering.MODULES, ordering.keep_order),
            **numbers.later(),
            **refused.guards(lambda: ACTIVE.engine is not None),
            **surroundings.later(),
        }
    )


def _network() -> Network | None:
    return None if ACTIVE.engine is None else ACTIVE.engine.network


def new_loop(engine: Engine) -> Loop:
    """A new loop for the program that runs in `engine`."""
    count = sum(isinstance(context, Program) for context in engine.contexts)
    return engine.program("main" if count == 0 else f"loop-{count + 1}").loop


def _catch_policy(policy: Any) -> None:
    real = policy._loop_factory

    def make() -> asyncio.AbstractEventLoop:
        return real() if ACTIVE.engine is None else new_loop(ACTIVE.engine)

    policy._loop_factory = staticmethod(make)


def _catch_runner(runner: Any) -> None:
    real = runner._lazy_init

    @wraps(real)
    def lazy_init(self: Any) -> None:
        # The factory is called, for it may well do more than make a loop; asyncio's own loops in it become ours.
        _making.now = self._loop_factory is not None
        try:
            real(self)
        finally:
            _making.now = False
        if ACTIVE.engine is not None and isinstance(self._loop, asyncio.AbstractEventLoop):
            _check_ours(self._loop)

    runner._lazy_init = lazy_init


def _catch_runners(runners: Any) -> None:
    real = runners._cancel_all_tasks

    def cancel(loop: Any) -> None:
        if ACTIVE.engine is not None:
            ACTIVE.engine.claims.leave(loop)
        real(loop)

    runners._cancel_all_tasks = cancel


def _check_ours(loop: asyncio.AbstractEventLoop) -> None:
    if not isinstance(loop, Loop):
        raise Forbidden(f"a {type(loop).__name__}", _INSTEAD)


def _catch_selector_loop(loop: Any) -> None:
    def new(cls: type, *_: Any, **__: Any) -> Any:
        if ACTIVE.engine is None or issubclass(cls, Loop):
            return object.__new__(cls)
        if not _making.now:
            raise Forbidden(f"a {cls.__name__}", _INSTEAD)
        return new_loop(ACTIVE.engine)

    # Not `__init__`: a loop that was refused there would be there, and complain when it is dropped.
    loop.__new__ = staticmethod(new)


class _CaughtLoop(type):
    """The type of `uvloop.Loop`: to call that inside a run makes the run's own loop, which passes for it."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        return super().__call__(*args, **options) if ACTIVE.engine is None else new_loop(ACTIVE.engine)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Loop) or super().__instancecheck__(instance)


def _catch_uvloop(uvloop: Any) -> None:
    uvloop.Loop = _CaughtLoop("Loop", (uvloop.Loop,), {"__module__": "uvloop"})
