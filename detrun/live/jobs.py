"""Work that a live program has done outside of its run: its results are inputs, and at replay nothing is done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from detrun.live.encoding import decoded, outcome

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable

    from detrun.journal.entries import Received
    from detrun.live.edge import Edge


class Jobs:
    """The jobs of one run, numbered as they are handed over."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._waiting: dict[int, Future[Any]] = {}
        self._last = 0

    def done(self, loop: Any, work: Callable[[], Any]) -> Future[Any]:
        """What the work gives, once it is done."""
        self._last = number = self._last + 1
        self._waiting[number] = future = cast("Future[Any]", loop.create_future())
        self._edge.start(number, partial(outcome, work))
        return future

    def take(self, entry: Received) -> None:
        """A job is done; whoever waited may have gone."""
        future = self._waiting.pop(entry.n)
        if future.done():
            return
        try:
            future.set_result(decoded(entry.payload))
        except BaseException as error:
            future.set_exception(error)
