"""Garbage collection at chosen steps, where it would otherwise strike at any allocation.

A collection has effects that a program sees: finalizers run, and a task that nobody holds is gone. So none is left to
chance from a run's first step to its end, what the loop's caller does in between included.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Everything is collected every so many steps: which objects count as young depends on what the process did before.
PERIOD = 50_000
# So many containers more than there were are collected whatever the step, before they fill the memory.
CROWD = 2_000_000


@contextmanager
def restored() -> Iterator[None]:
    """Leave the collector as it was, whatever a run does to it.

    Who listens to collections from outside (Hypothesis times them) is told of none: it would look at the run's clock.
    """
    enabled, listening = gc.isenabled(), gc.callbacks[:]
    gc.callbacks.clear()
    try:
        yield
    finally:
        gc.callbacks[:] = listening
        if enabled:
            gc.enable()


def hold_back() -> None:
    """From now on, collect only when `collect` says so."""
    gc.disable()


def young() -> int:
    """How many containers more have been made than dropped since the last collection."""
    return gc.get_count()[0]


def collect() -> None:
    """Collect everything."""
    gc.collect()
