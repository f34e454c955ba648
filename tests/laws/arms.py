"""One program on two loops: detrun's under a strategy, then CPython's under the script of what happened there."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import detrun
from detrun.errors import Stuck
from detrun.model import Run
from detrun.scheduler.channels import Channel
from detrun.scheduler.handles import Delivery, TimerHandle
from detrun.scheduler.loop import Loop
from detrun.scheduler.strategies.strategy import Strategy
from detrun.scheduler.threads.thread import Thread
from tests.laws.acts import Act
from tests.laws.deeds import Program
from tests.laws.referee import Iteration, Referee, Silence
from tests.laws.stage import Entry, Stage, perform

# CPython's name for what detrun calls otherwise.
_ALIASES = {"_run_until_complete_cb": "_stop"}
# A generated program has no endless loop; a run of so many steps has one of ours.
LONGEST = 20_000


class Disagreement(AssertionError):
    """The two arms did not do the same."""


@dataclass(frozen=True)
class Played:
    """What a program did on detrun, and the script that makes stock asyncio do it."""

    run: Run
    log: tuple[Entry, ...]
    script: tuple[Iteration, ...]


def check(program: Program, strategy: Strategy) -> Played:
    """Object if stock asyncio cannot do what detrun did; else, what it did."""
    with collector_at_rest():
        played = on_detrun(program, strategy)
        _compare(played.log, on_referee(program, played.script))
    return played


def on_detrun(program: Program, strategy: Strategy) -> Played:
    """Play a program under a strategy, and take down what its loop was given."""
    log: list[Entry] = []
    script: list[Iteration] = []

    def main() -> None:
        loop = asyncio.new_event_loop()
        assert isinstance(loop, Loop)
        _trace_detrun(loop, log)
        clerk = _Clerk(loop, script)
        perform(program, Stage(loop, log, clerk.send), Stuck)

    run = detrun.run(main, strategy=strategy, max_steps=LONGEST)
    if run.error is not None and run.outcome != "stuck":
        raise Disagreement(f"the run on detrun broke: {run.error!r}") from run.error
    return Played(run, tuple(log), tuple(script))


def on_referee(program: Program, script: tuple[Iteration, ...]) -> tuple[Entry, ...]:
    """Play a program on stock asyncio under a script."""
    log: list[Entry] = []
    loop = _Traced(script, log)
    perform(program, Stage(loop, log, _send), Silence)
    loop.finish()
    return tuple(log)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Nothing is dropped but what nothing refers to, at the same moment in both arms."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Clerk:
    """Writes the script of a run on detrun: the clock at each iteration, and what was delivered for it."""

    def __init__(self, loop: Loop, script: list[Iteration]) -> None:
        self._home = loop.home
        self._script = script
        self._iterate = loop.iterate
        self._channels: dict[str, Channel] = {}
        self._arrivals: list[str] = []
        loop.home.engine.trace.observers.append(self._deliver)
        vars(loop)["iterate"] = self._begin

    def send(self, stage: Stage, name: str, act: Act) -> None:
        """Put an act on its way."""
        if name not in self._channels:
            self._channels[name] = self._home.engine.channel(self._home, name, stage.act)
        self._channels[name].put(act)

    def _begin(self) -> int:
        self._script.append(Iteration(self._home.engine.clock.now, tuple(self._arrivals)))
        self._arrivals.clear()
        return self._iterate()

    def _deliver(self, delivery: Delivery | Thread) -> None:
        if not isinstance(delivery, TimerHandle):
            self._arrivals += [name for name, channel in self._channels.items() if channel.key == delivery.id[0]]


class _Traced(Referee):
    """The referee, with a log of the callbacks it makes."""

    def __init__(self, script: tuple[Iteration, ...], log: list[Entry]) -> None:
        super().__init__(script)
        self._log = log

    def call_at(self, *call: Any, context: Any = None) -> Any:  # type: ignore[override]
        return self._hook(super().call_at(*call, context=context))

    def _call_soon(self, callback: Any, args: Any, context: Any) -> Any:
        return self._hook(super()._call_soon(callback, args, context))  # type: ignore[misc]

    def _hook(self, handle: Any) -> Any:
        handle._args = (self._log, handle._callback, *handle._args)
        handle._callback = _logged
        return handle


def _trace_detrun(loop: Loop, log: list[Entry]) -> None:
    # The handle is changed once it is made, so that the loop makes it in the way that it does for everybody.
    def hooked(schedule: Callable[..., Any]) -> Callable[..., Any]:
        def scheduled(*call: Any, **options: Any) -> Any:
            handle = schedule(*call, **options)
            handle.call = (_logged, log, *handle.call)
            return handle

        return scheduled

    for name in ("call_soon", "call_at", "call_later"):
        vars(loop)[name] = hooked(getattr(loop, name))


def _logged(log: list[Entry], callback: Callable[..., Any], *args: Any) -> None:
    log.append(("call", _label(callback)))
    callback(*args)


def _label(callback: Any) -> str:
    """The function, and the number of the task whose method it is."""
    callback = callback.func if isinstance(callback, partial) else callback
    name = getattr(callback, "__name__", None) or type(callback).__name__
    owner = getattr(callback, "__self__", None)
    return f"{hash(owner)}.{name}" if isinstance(owner, asyncio.Task) else _ALIASES.get(name, name)


def _send(stage: Stage, name: str, act: Act) -> None:
    assert isinstance(stage.loop, Referee)
    stage.loop.send(name, stage.act, act)


def _compare(ours: tuple[Entry, ...], theirs: tuple[Entry, ...]) -> None:
    for place, pair in enumerate(zip(ours, theirs, strict=False)):
        if pair[0] != pair[1]:
            before = "".join(f"\n  {entry}" for entry in ours[max(0, place - 8) : place])
            raise Disagreement(f"entry {place}: detrun did {pair[0]}, asyncio {pair[1]}, after{before}")
    if len(ours) != len(theirs):
        raise Disagreement(f"detrun did {len(ours)} things, asyncio {len(theirs)}, the same as far as they go")
