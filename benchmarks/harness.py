"""Side by side: the arms of a benchmark in turn within one process, and the medians of their ratios."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Mapping

Arm = Callable[[], float]


def interleaved(arms: Mapping[str, Arm], rounds: int) -> dict[str, list[float]]:
    """Seconds of each arm, round by round, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(rounds + 1):
        for name, arm in arms.items():
            gc.collect()
            taken = arm()
            if number:
                seconds[name].append(taken)
    return seconds


def ratio(base: list[float], other: list[float]) -> float:
    """How many times as fast the other was: the median over the rounds."""
    return statistics.median(b / o for b, o in zip(base, other, strict=True))


def elapsed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def title(text: str) -> None:
    """Print a heading with the interpreter that the figures below are of."""
    print(f"\n{text} (Python {sys.version.split()[0]}, {sys.platform})")


def interval(base: list[float], other: list[float]) -> tuple[float, float]:
    """Where the median of the ratios other / base lies, with 95 %: order statistics, which assume nothing."""
    ratios = sorted(o / b for b, o in zip(base, other, strict=True))
    count = len(ratios)
    off = round(0.98 * count**0.5)
    return ratios[max(count // 2 - off, 0)], ratios[min((count - 1) // 2 + off, count - 1)]
