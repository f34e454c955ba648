"""Writing the journals of what was found, in processes in which nothing ran before: there, too, it has to fail."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from detrun.explore.pristine import Pristine
from detrun.explore.quiet import silence
from detrun.model import Plan
from detrun.scheduler.strategies.holds import Holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.explore.attempt import Attempts
    from detrun.explore.failures import Failures


class Order(msgspec.Struct, frozen=True):
    """What is to be written: the run of this plan, to this place, with its holds in words."""

    path: str
    plan: Plan
    story: tuple[str, ...]


class Writing:
    """Writes journals of plans that are found later; to be made before the program runs for the first time."""

    def __init__(self, failures: Failures, attempts: Attempts) -> None:
        self._pristine = Pristine(lambda orders: msgspec.json.encode(_all(orders, failures, attempts)))

    def write(self, orders: Sequence[Order]) -> list[bool]:
        """Write them, each in a process of its own; whether each failed there."""
        if not orders:
            self._pristine.dismiss()
            return []
        return msgspec.json.decode(self._pristine.do(msgspec.json.encode(orders)), type=list[bool])


def _all(orders: bytes, failures: Failures, attempts: Attempts) -> list[bool]:
    return [_apart(order, failures, attempts) for order in msgspec.json.decode(orders, type=list[Order])]


def _apart(order: Order, failures: Failures, attempts: Attempts) -> bool:
    """Write one in a child, so that the next finds nothing of it."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    status = 1
    try:
        with silence():
            run = failures.keep(Path(order.path), attempts, Holds.of(order.plan), order.plan, order.story)
        status = 0 if run.failure is not None else 1
    finally:
        os._exit(status)
