"""Who waits, where, and for what: the await stacks of tasks that are not done."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import gc
import linecache
import os
import sys
import threading
import traceback
from itertools import takewhile
from types import AsyncGeneratorType, CoroutineType, FrameType
from typing import TYPE_CHECKING, Any

from detrun.scheduler.machinery import ASYNCIO, DETRUN
from detrun.scheduler.threads.thread import Thread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Delivery
    from detrun.scheduler.threads.baton import Baton

# What is outside of this one's frames is no part of a run.
_RUN = os.path.join(DETRUN, "scheduler", "program.py")
# Frames of these say nothing about a program's own thread.
_MACHINERY = (
    DETRUN,
    ASYNCIO,
    os.path.dirname(concurrent.futures.__file__) + os.sep,
    threading.__file__,
    contextlib.__file__,
)


def waiting(engine: Engine) -> list[str]:
    """A paragraph for each task that is not done and for each thread that waits in the middle of something."""
    return [described(task) for task in _tasks(engine)] + stacks(engine.baton)


def places(engine: Engine) -> list[str]:
    """The names of the contexts in which somebody waits."""
    loops = {task.get_loop() for task in _tasks(engine)}
    return [context.name for context in engine.contexts if context.loop in loops]


def _tasks(engine: Engine) -> list[asyncio.Task[Any]]:
    """Those that are not done. One in the middle of its turn does not wait: its thread does."""
    loops = [context.loop for context in engine.contexts]
    now = {asyncio.current_task(loop) for loop in loops}
    return [task for loop in loops for task in loop.tasks() if not task.done() and task not in now]


def whereabouts(engine: Engine, event: Delivery | Thread | None = None) -> str | None:
    """Where the program is that this event is for; the first of what it does, unless that is known."""
    if isinstance(event, Thread):
        return next(iter(reversed(_places(event.real_ident))), "").strip() or None
    call = () if event is None else event.call
    concerned = [task for task in _tasks(engine) if any(_belongs(task, part) for part in call)]
    lines = [described(task).splitlines()[-1].strip() for task in concerned or _tasks(engine)]
    return lines[0] if lines else None


def _belongs(task: asyncio.Task[Any], part: Any) -> bool:
    return part is getattr(task, "_fut_waiter", None) or part is task or getattr(part, "__self__", None) is task


def stacks(baton: Baton) -> list[str]:
    """What each thread waits for, who has it, and where it stands."""
    waits = [thread for thread in baton.threads if thread.parked]
    return ["\n".join([_reason(baton, thread), *_places(thread.real_ident)]) for thread in waits]


def _reason(baton: Baton, thread: Thread) -> str:
    owner = baton.owners.get(thread.awaited)
    if owner is thread:  # what a condition waits for
        return f"{thread.name} waits to be notified"
    return f"{thread.name} waits for {thread.reason}" + (f" that {owner.name} has" if owner is not None else "")


def _places(ident: int) -> list[str]:
    # What is outside of the program called the run.
    frames = takewhile(
        lambda at: at[0].f_code.co_filename != _RUN, traceback.walk_stack(sys._current_frames().get(ident))
    )
    own = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in frames]
    return [f"  {place(*where)}" for where in reversed(own) if not where[0].startswith(_MACHINERY)]


def described(task: asyncio.Task[Any]) -> str:
    """The task's name, what it waits for, and where, innermost last."""
    frames = list(frames_of(task.get_coro()))
    places = [
        f"  {place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)}"
        for frame in frames
        if not frame.f_code.co_filename.startswith((DETRUN, ASYNCIO))
    ]
    return "\n".join([f"{task.get_name()} waits for {_awaited(task, frames)}", *places])


def place(filename: str, line: int, function: str) -> str:
    """A line of source, as reports show it."""
    source = linecache.getline(filename, line).strip()
    return f"{filename}:{line} in {function}" + (f": {source}" if source else "")


def frames_of(awaitable: Any) -> Iterator[FrameType]:
    """The frames from an awaitable inwards."""
    while awaitable is not None:
        prefix = next((prefix for prefix in ("cr", "gi", "ag") if hasattr(awaitable, f"{prefix}_frame")), None)
        if prefix is None:
            awaitable = _hidden(awaitable)
            continue
        frame = getattr(awaitable, f"{prefix}_frame")
        if frame is not None:
            yield frame
        awaitable = getattr(awaitable, f"{prefix}_yieldfrom" if prefix == "gi" else f"{prefix}_await")


def _hidden(awaitable: Any) -> Any:
    # What `async for` and `coroutine.__await__` wait through shows its generator or coroutine to the collector alone.
    kinds = (AsyncGeneratorType, CoroutineType)
    return next((held for held in gc.get_referents(awaitable) if isinstance(held, kinds)), None)


def _inside(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(ASYNCIO)


def _awaited(task: asyncio.Task[Any], frames: list[FrameType]) -> str:
    future = getattr(task, "_fut_waiter", None)
    if isinstance(future, asyncio.Task):
        return f"task {future.get_name()}"
    if (children := getattr(future, "_children", None)) is not None:
        return f"gather of {', '.join(_named(child) for child in children if not child.done())}"
    asked = [frame for frame in frames if _inside(frame)]
    if not asked:
        return "a future" if future is not None else "its next turn"
    return _asked(asked[0])


def _asked(frame: FrameType) -> str:
    """What a frame of asyncio's own does, as its caller wrote it."""
    owner = frame.f_locals.get("self")
    return f"{type(owner).__name__}.{frame.f_code.co_name}()" if owner is not None else f"{frame.f_code.co_name}()"


def _named(future: Any) -> str:
    return future.get_name() if isinstance(future, asyncio.Task) else "a future"
