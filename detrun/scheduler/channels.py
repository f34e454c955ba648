"""Channels: FIFO paths to one context, whose heads are what the scheduler can choose."""

from __future__ import annotations

import contextvars
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from detrun.scheduler.handles import Delivery
from detrun.scheduler.origins import ORIGIN, Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.model import EventId
    from detrun.scheduler.engine import Engine


# What makes the origin of a handler's operations of the channel's key, which is that of the messages.
HANDLER = -4


class Home(Protocol):
    """Where a channel ends."""

    name: str

    def take(self, delivery: Delivery) -> None:
        """Take what is delivered."""


class Channel:
    """A FIFO path to one context. Its head is an event whenever it is not empty; what it carries is never reordered."""

    __slots__ = ("_arrivals", "_count", "_receive", "_trace", "_variables", "home", "key", "name", "queue")

    def __init__(  # noqa: PLR0917  # the last is for those who know what they do
        self,
        engine: Engine,
        home: Home,
        key: int,
        name: str,
        receive: Callable[..., Any],
        variables: contextvars.Context | None = None,
    ) -> None:
        self.home = home
        self.key = key
        self.name = name
        self.queue: deque[Delivery] = deque()
        self._arrivals = engine.arrivals
        self._trace = engine.trace
        self._receive = receive
        self._count = 0
        # A handler is an origin, and starts with the variables that were set where the channel was made, or with these.
        self._variables = contextvars.copy_context() if variables is None else variables
        self._variables.run(ORIGIN.set, Origin(hash((key, HANDLER))))

    @property
    def id(self) -> EventId:
        """The id of the head."""
        return self.queue[0].id

    def put(self, *message: Any) -> None:
        """Send a message: the context at the other end receives it when the scheduler chooses so."""
        self._count = count = self._count + 1
        event: EventId = (self.key, count)  # type: ignore[assignment]  # to call `EventId` costs more than the tuple
        self._trace.note(event)
        self.push(Delivery((self._receive, *message), self._variables.copy(), None, event, self.name))

    def skip(self) -> None:
        """Count a message that is not sent: those after it have the ids that they have after it."""
        self._count += 1

    def push(self, delivery: Delivery) -> None:
        """Queue something that already is an event."""
        self.queue.append(delivery)
        self._arrivals.append(self)
