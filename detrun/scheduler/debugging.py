"""asyncio's debug mode: what a loop checks and remembers when it is asked to.

The changed methods are put before the class's own, in the one instance: a loop that is not debugged asks nothing.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import traceback
from asyncio import constants
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from contextvars import Context

    from detrun.scheduler.handles import Handle, TimerHandle
    from detrun.scheduler.loop import Loop

AnyHandle = TypeVar("AnyHandle", bound="Handle")


def begin(loop: Loop) -> None:
    """Check callbacks and remember where handles are made, from now on."""
    vars(loop).update(
        call_soon=partial(_call_soon, loop),
        call_at=partial(_call_at, loop),
        call_later=partial(_call_later, loop),
        get_debug=True.__bool__,
    )


def end(loop: Loop) -> None:
    """Check and remember no more."""
    for name in ("call_soon", "call_at", "call_later", "get_debug"):
        vars(loop).pop(name, None)


def track_coroutines(tracked: bool) -> int:
    """Have coroutines remember where they were made, or not; gives back what `sys` was set to."""
    before = sys.get_coroutine_origin_tracking_depth()
    sys.set_coroutine_origin_tracking_depth(constants.DEBUG_STACK_DEPTH if tracked else before)
    return before


def _call_soon(loop: Loop, callback: Any, *args: Any, context: Context | None = None) -> Handle:
    _check(callback, "call_soon")
    return _traced(type(loop).call_soon(loop, callback, *args, context=context))


def _call_at(loop: Loop, when: float, callback: Any, *args: Any, context: Context | None = None) -> TimerHandle:
    _check(callback, "call_at")
    return _traced(type(loop).call_at(loop, when, callback, *args, context=context))


def _call_later(loop: Loop, delay: float, callback: Any, *args: Any, context: Context | None = None) -> TimerHandle:
    _check(callback, "call_later")
    return _traced(type(loop).call_later(loop, delay, callback, *args, context=context))


def _check(callback: Any, method: str) -> None:
    if asyncio.iscoroutine(callback) or inspect.iscoroutinefunction(callback):
        raise TypeError(f"coroutines cannot be used with {method}()")
    if not callable(callback):
        raise TypeError(f"a callable object was expected by {method}(), got {callback!r}")


def _traced(handle: AnyHandle) -> AnyHandle:
    frame = sys._getframe(2)
    handle.source_traceback = traceback.StackSummary.extract(
        traceback.walk_stack(frame), limit=constants.DEBUG_STACK_DEPTH, lookup_lines=False
    )
    handle.source_traceback.reverse()
    return handle
