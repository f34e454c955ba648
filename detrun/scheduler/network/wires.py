"""Wires: channels that end in the simulated kernel, which takes what arrives without a turn of anybody's."""

from __future__ import annotations

from contextvars import Context as Variables
from typing import TYPE_CHECKING, Any

from detrun.model import EventId
from detrun.scheduler.channels import Channel
from detrun.scheduler.handles import Delivery

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine

# The kernel is nobody's callback: it sees no context variables.
_NONE = Variables()


class Kernel:
    """What is at the end of every wire. To take an arrival is a step, but no program's turn."""

    name = "network"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, delivery: Delivery) -> None:
        """Let something arrive."""
        self._engine.step += 1
        arrive, *message = delivery.call
        arrive(*message)


class Wire(Channel):
    """A direction of a connection, or whatever else arrives in order; held while its ends cannot reach each other."""

    __slots__ = ("__weakref__", "held")

    def __init__(self, engine: Engine, kernel: Kernel, key: int, name: str) -> None:
        super().__init__(engine, kernel, key, name, kernel.take)
        self.held = False

    def put(self, *message: Any) -> None:
        """Send something along: a call that is made where the wire ends."""
        self._count = count = self._count + 1
        event = EventId((self.key, count))
        self._note(event)
        self.push(Delivery(message, _NONE, None, event))

    def push(self, delivery: Delivery) -> None:
        self.queue.append(delivery)
        if not self.held:
            self._arrivals.append(self)

    def hold(self) -> None:
        """Let nothing arrive any more; what is sent waits."""
        self.held = True
        for _ in self.queue:
            self._arrivals.remove(self)

    def release(self) -> None:
        """Let everything arrive that waited."""
        if self.held:
            self.held = False
            self._arrivals.extend([self] * len(self.queue))

    def cut(self) -> None:
        """Lose what is under way."""
        if not self.held:
            for _ in self.queue:
                self._arrivals.remove(self)
        self.queue.clear()
