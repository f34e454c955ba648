"""What is changed around a program, one thing at a time; each function here changes the process that calls it."""

from __future__ import annotations

import ctypes
import gc
import glob
import importlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from detrun.scheduler import clock, contexts, engine
from detrun.scheduler.scheduling import Scheduling
from detrun.scheduler.world.listings import Scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# The sizes that Python's allocator tells apart, and how many of each lie about afterwards.
_SIZES = range(48, 528, 16)
_PIECES = 1_500
# Steps that have no divisor in common with that number visit every piece, out of order.
_STRIDES = (607, 821)
_HEADER = sys.getsizeof(b"")
# Every collection costs some milliseconds, and it is the early ones that matter.
_EAGER = 200
_LATER = 100
_MICROSECONDS = 60_000

_kept: list[Any] = []


def heap(variant: int) -> None:
    """Have what is allocated from now on lie elsewhere, and in an order that is no longer that of its making."""
    # What is free already is used up, and stays so; then pieces are freed out of order, and will be used in that one.
    _kept.append([[bytes(size - _HEADER) for _ in range(_PIECES + 50 * variant)] for size in _SIZES])
    pieces = [[bytes(size - _HEADER) for _ in range(_PIECES)] for size in _SIZES]
    for same in pieces:
        for number in range(_PIECES * 2 // 3):
            same[number * _STRIDES[variant] % _PIECES] = b""
    _kept.append(pieces)
    _kept.append(bytearray(1_000_000 + 4096 * variant))


def garbage(every: int) -> None:
    """Collect garbage at other steps: at every one at first, then now and then."""
    iterate, turn = Scheduling.iterate, contexts.Unit.turn
    made = 0

    def collected(real: Callable[..., Any]) -> Callable[..., Any]:
        def make(*arguments: Any) -> Any:
            nonlocal made
            made += 1
            if made % (every if made < _EAGER else every * _LATER) == 0:
                gc.collect()
            return real(*arguments)

        return make

    Scheduling.iterate = collected(iterate)  # type: ignore[method-assign]
    contexts.Unit.turn = collected(turn)  # type: ignore[method-assign]


def threads(variant: int) -> None:
    """Have threads begin late, and take turns more often or hardly ever."""
    sys.setswitchinterval((1e-6, 10.0)[variant])
    real, wait = threading.Thread.start, ctypes.CDLL(None).usleep

    def start(self: threading.Thread) -> None:
        run = self.run

        def late() -> None:
            # Not `time.sleep`, which a run may order.
            wait(_MICROSECONDS)
            run()

        if variant:
            self.run = late  # type: ignore[method-assign]
        real(self)

    threading.Thread.start = start  # type: ignore[method-assign]


def environment(values: dict[str, str]) -> None:
    """Set variables, those included that the C library goes by."""
    os.environ.update(values)
    time.tzset()


def listings() -> None:
    """List directories in the opposite order."""
    listdir, scandir = os.listdir, os.scandir
    os.listdir = lambda path=".": listdir(path)[::-1]  # type: ignore[assignment]
    os.scandir = lambda path=".": _backwards(scandir(path))  # type: ignore[assignment]
    if (globber := getattr(glob, "_StringGlobber", None)) is not None:
        globber.scandir = staticmethod(os.scandir)  # which 3.13 has taken when it was imported


def rate(tick: int) -> None:
    """Have callbacks, and looks at the clock, take another time."""
    for module in (clock, contexts, engine):
        vars(module)["TICK"] = tick
    contexts.Program.tick = tick


def imported(names: Iterable[str]) -> list[str]:
    """Import these modules in this order; those that cannot be imported so."""
    return [name for name in names if not _importable(name)]


def _importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception:
        return False
    return True


def _backwards(entries: Any) -> Scan:
    with entries:
        return Scan(list(entries)[::-1])
