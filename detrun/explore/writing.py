"""Writing the journals of what was found, in processes in which nothing ran before: there, too, it has to fail."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from detrun.errors import InternalError, JournalError, RunError
from detrun.explore.pristine import Pristine, at_once
from detrun.explore.quiet import silence
from detrun.model import Plan
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.explore.attempt import Attempts
    from detrun.explore.failures import Failures
    from detrun.model import Run


class Order(msgspec.Struct, frozen=True):
    """What is to be written: the run of this plan, to this place, with its holds in words."""

    path: str
    plan: Plan
    story: tuple[str, ...]


class Written(msgspec.Struct, frozen=True):
    """Whether the run failed that was written down, and why there is no journal of it if there is none."""

    failed: bool
    problem: str | None = None


class Writing:
    """Writes journals of plans that are found later; to be made before the program runs for the first time."""

    def __init__(self, failures: Failures, attempts: Attempts) -> None:
        self._pristine = Pristine(lambda orders: msgspec.json.encode(_all(orders, failures, attempts)))

    def write(self, orders: Sequence[Order]) -> list[Written]:
        """Write them, each in a process of its own."""
        if not orders:
            self._pristine.dismiss()
            return []
        return msgspec.json.decode(self._pristine.do(msgspec.json.encode(orders)), type=list[Written])


def written(keep: Callable[[], Run]) -> Written:
    """What became of a journal that `keep` writes."""
    try:
        return Written(failed=keep().failure is not None)
    except JournalError as error:
        return Written(failed=False, problem=str(error))


def _all(orders: bytes, failures: Failures, attempts: Attempts) -> list[Written]:
    return [_apart(order, failures, attempts) for order in msgspec.json.decode(orders, type=list[Order])]


def _apart(order: Order, failures: Failures, attempts: Attempts) -> Written:
    """Write one in a child, so that the next finds nothing of it."""

    def work() -> bytes:
        keep = partial(failures.keep, Path(order.path), attempts, Holds.of(order.plan), order.plan, order.story)
        with silence():
            return msgspec.json.encode(written(keep))

    try:
        return msgspec.json.decode(at_once(work), type=Written)
    except (InternalError, RunError):
        return Written(failed=False)  # the program has ended the process
