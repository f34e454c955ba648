"""The module `time`: inside a run it tells virtual time.

Every look takes a microsecond, so that a program which polls the clock gets on; within a unit's turn time stands still.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from detrun.scheduler.active import ACTIVE
from detrun.scheduler.clock import SECOND, Clock
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.scheduler.engine import Engine

    Look = Callable[[Clock], int]

_LOOKS: dict[str, Look] = {
    "time": Clock.look_at_wall,
    "monotonic": Clock.look,
    "perf_counter": Clock.look,
    "process_time": Clock.look_at_work,
    "thread_time": Clock.look_at_work,
}
# Those that tell of this moment unless they are told of which, by how many arguments they have before the moment.
_TELLERS = {"gmtime": 0, "localtime": 0, "ctime": 0, "asctime": 0, "strftime": 1}
_WALLS = {
    getattr(time, name) for name in ("CLOCK_REALTIME", "CLOCK_TAI", "CLOCK_REALTIME_COARSE") if hasattr(time, name)
}
_WORKS = {getattr(time, name) for name in ("CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID")}


def catch() -> None:
    """Put a dispatcher at each clock."""
    for name, look in _LOOKS.items():
        # Not every machine has them all.
        if hasattr(time, name):
            swap.builtin(getattr(time, name), _in_seconds(look))
            swap.builtin(getattr(time, f"{name}_ns"), _in_nanoseconds(look))
    for name, before in _TELLERS.items():
        swap.builtin(getattr(time, name), _of_now(before, broken_down=name in {"asctime", "strftime"}))
    swap.builtin(time.clock_gettime, swap.asked(lambda engine, kind: _of_kind(engine, kind) / SECOND))
    swap.builtin(time.clock_gettime_ns, swap.asked(_of_kind))
    swap.builtin(time.sleep, _sleep)


def _in_seconds(look: Look) -> swap.Make:
    def make(real: Callable[[], float]) -> Callable[[], float]:
        def seconds() -> float:
            engine = ACTIVE.engine
            return real() if engine is None else look(engine.clock) / SECOND

        return seconds

    return make


def _in_nanoseconds(look: Look) -> swap.Make:
    def make(real: Callable[[], int]) -> Callable[[], int]:
        def nanoseconds() -> int:
            engine = ACTIVE.engine
            return real() if engine is None else look(engine.clock)

        return nanoseconds

    return make


def _of_kind(engine: Engine, kind: int) -> int:
    if kind in _WALLS:
        return engine.clock.look_at_wall()
    return engine.clock.look_at_work() if kind in _WORKS else engine.clock.look()


def _of_now(before: int, *, broken_down: bool) -> swap.Make:
    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def tell(*arguments: Any) -> Any:
            engine = ACTIVE.engine
            if engine is None or len(arguments) > before + 1 or (len(arguments) > before and arguments[-1] is not None):
                return real(*arguments)
            now = engine.clock.look_at_wall() / SECOND
            return real(*arguments[:before], time.localtime(now) if broken_down else now)

        return tell

    return make


def _sleep(real: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float, /) -> None:
        engine = ACTIVE.engine
        if engine is None:
            real(seconds)
        elif seconds < 0:
            raise ValueError("sleep length must be non-negative")
        else:
            engine.sleep(seconds)

    return sleep
