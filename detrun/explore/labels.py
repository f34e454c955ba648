"""What kind of failure it is, by the shape of the flip: whose turn came between whose."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from detrun.scheduler import garbage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.explore.seeing import Sight, Wake
    from detrun.model import Answer, Failure

DEADLOCK = "deadlock"
LOST_WAKEUP = "lost wakeup"
DUPLICATE = "duplicate delivery"
TORN = "torn reload"
ATOMICITY = "atomicity"
ORDER = "order"
LIVELOCK = "livelock"
FAULT = "fault"
GARBAGE = "garbage"
ALWAYS = "no race"

_LOCKS = re.compile(r"waits for (Lock|Semaphore|BoundedSemaphore)\.\w+\(\)|waits for a lock")
_ABSENT = re.compile(r"^(KeyError|AttributeError|NameError|UnboundLocalError|LookupError|IndexError|TypeError)\b")
# Who moves generations of an application.
_CONTROL = "/supervisor/"
_RELOADS = re.compile(r"reload|deploy|refresh|reconfig|rotate|swap|migrat", re.IGNORECASE)


def label(failure: Failure, late: Wake | None, first: Sight | None, failed: list[Sight], passed: list[Sight]) -> str:
    """The kind of failure: from whom it was late for, what came first, and what happened here and in the twin."""
    if failure.kind in {"stuck", "limit"}:
        return _of_waiting(failure)
    if _repeats(first, failed, passed):
        return DUPLICATE
    if _ABSENT.match(failure.message):
        return ORDER
    if first is not None and _CONTROL in first.name:
        return TORN
    if _comes_between(late, first, failed):
        return TORN if _RELOADS.search(_who(first)) else ATOMICITY
    return ORDER


def _of_waiting(failure: Failure) -> str:
    """The kind of a failure of those who never come to an end."""
    if failure.kind == "limit":
        return LIVELOCK
    return DEADLOCK if len(_LOCKS.findall(failure.message)) > 1 else LOST_WAKEUP


def of_faults(failure: Failure, faults: Sequence[Answer]) -> str:
    """The kind of a failure that no order makes, but what goes wrong, or nothing at all."""
    if failure.kind == "limit":
        return LIVELOCK
    if not faults:
        return ALWAYS
    return GARBAGE if all(fault.question[0] == garbage.ORIGIN for fault in faults) else FAULT


def _repeats(first: Sight | None, failed: list[Sight], passed: list[Sight]) -> bool:
    """Whether somebody's patience ended, and more was sent by one way than would have been."""
    if first is None or "timeout" not in first.name:
        return False
    return any(count > _by_way(passed)[way] for way, count in _by_way(failed).items() if "(server)" in way)


def _by_way(sights: list[Sight]) -> Counter[str]:
    return Counter(sight.name.rpartition("#")[0] for sight in sights)


def _comes_between(late: Wake | None, first: Sight | None, failed: list[Sight]) -> bool:
    """Whether one task had its turn between two of the other's, which had begun and was not done."""
    if late is None or first is None or first.wake is None:
        return False
    began = any(wake.task == late.task for sight in failed if sight.step <= first.step for wake in sight.wakes)
    return late.task != first.wake.task and (began or len(late.places) > 1)


def _who(sight: Sight | None) -> str:
    wake = None if sight is None else sight.wake
    return "" if wake is None else f"{wake.task} {wake.places[-1].rpartition(' in ')[2].partition(':')[0]}"
