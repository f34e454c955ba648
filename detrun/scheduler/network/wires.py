"""Wires: channels that end in the simulated kernel, which takes what arrives without a turn of anybody's."""

from __future__ import annotations

from contextvars import Context as Variables
from typing import TYPE_CHECKING, Any

from detrun.model import EventId
from detrun.scheduler.channels import Channel
from detrun.scheduler.clock import SECOND
from detrun.scheduler.handles import Delivery, TimerHandle

if TYPE_CHECKING:
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.network.links import Link

# The kernel is nobody's callback: it sees no context variables.
_NONE = Variables()
# What makes the origin of a wire's timers of that of its messages.
_TIMERS = -3


class Kernel:
    """What is at the end of every wire. To take an arrival is a step, but no program's turn."""

    name = "network"
    tick = 0
    overdue = False

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._timed = False

    @property
    def now(self) -> int:
        """The instant."""
        return self.engine.clock.now

    def later(self, event: EventId, delay: int, *call: Any) -> None:
        """Make a call after so many nanoseconds; to whom it matters says what it is called."""
        deadline = self.now + delay
        if not self._timed:
            self._timed = True
            self.engine.clock.homes += 1
        timer = TimerHandle(call, _NONE, None, event, "", deadline, deadline / SECOND, self)
        self.engine.clock.add(timer)

    def fall_due(self, timer: TimerHandle) -> None:
        """Make a call whose time has come, which is a step too."""
        self.engine.trace.step += 1
        call, *arguments = timer.call
        call(*arguments)

    def take(self, delivery: Delivery) -> None:
        """Let something arrive."""
        self.engine.trace.step += 1
        arrive, *message = delivery.call
        arrive(*message)


class Wire(Channel):
    """A direction of a connection, or whatever else arrives in order; held while its ends cannot reach each other."""

    __slots__ = ("__weakref__", "_clear", "_holds", "_kernel", "_link", "_sent", "_timed", "_traveling", "_unsent")

    def __init__(self, engine: Engine, kernel: Kernel, key: int, name: str) -> None:
        super().__init__(engine, kernel, key, name, kernel.take)
        self._holds = 0
        self._kernel = kernel
        self._link: Link | None = None
        # When everything is on its way that was sent, and when it has arrived.
        self._sent = 0
        self._clear = 0
        self._traveling = 0
        # How much it brought that nobody sent as such, and how often it let time pass: they have numbers of their own,
        # so that what is sent later keeps its id whatever went wrong before.
        self._unsent = 0
        self._timed = 0

    def put(self, *message: Any) -> None:
        """Send something along: a call that is made where the wire ends."""
        self._count = count = self._count + 1
        event = EventId((self.key, count))
        self._trace.note(event)
        delivery = Delivery(message, _NONE, None, event, self.name)
        # Behind what still travels, though the link may have become faster since.
        if self._link is not None and (self._traveling or self._link.takes_time()):
            self._send_slowly(delivery, self._link)
        else:
            self.push(delivery)

    def follow(self, link: Link) -> None:
        """Go by this link from now on."""
        self._link = link
        link.add(self)

    def wait(self, delay: int) -> None:
        """Let nothing arrive for so many nanoseconds."""
        self.hold()
        self._later(delay, self.release)

    def _send_slowly(self, delivery: Delivery, link: Link) -> None:
        # Bytes leave one after the other, and then travel side by side; what is sent later never arrives before.
        now = self._kernel.now
        self._sent = max(self._sent, now) + link.sending(_size(delivery.call))
        self._clear = max(self._clear, self._sent + link.traveling())
        self._traveling += 1
        self._later(self._clear - now, self._land, delivery)

    def _later(self, delay: int, *call: Any) -> None:
        self._timed += 1
        self._kernel.later(EventId((hash((self.key, _TIMERS)), self._timed)), delay, *call)

    def _land(self, delivery: Delivery) -> None:
        self._traveling -= 1
        self.push(delivery)

    def push(self, delivery: Delivery) -> None:
        self.queue.append(delivery)
        if not self._holds:
            self._arrivals.append(self)

    def put_back(self, *message: Any) -> None:
        """Let something arrive before all else that is under way."""
        self._unsent += 1
        self.queue.appendleft(Delivery(message, _NONE, None, EventId((self.key, -self._unsent)), self.name))
        if not self._holds:
            self._arrivals.appendleft(self)

    def brings(self, arrive: Any) -> bool:
        """Whether what arrives next does so by this call."""
        return bool(self.queue) and not self._holds and self.queue[0].call[0] == arrive

    def take_next(self) -> Any:
        """What would arrive next, which happens now instead."""
        self._arrivals.remove(self)
        delivery = self.queue.popleft()
        self._kernel.engine.trace.deliver(delivery)
        return delivery.call[1]

    def hold(self) -> None:
        """Let nothing arrive until it is released as often as it was held; what is sent waits."""
        self._holds += 1
        if self._holds == 1:
            self._withdraw()

    def release(self) -> None:
        """Let everything arrive that waited, unless there is another reason to wait."""
        self._holds -= 1
        if not self._holds:
            self._arrivals.extend([self] * len(self.queue))

    def cut(self) -> None:
        """Lose what is under way."""
        if not self._holds:
            self._withdraw()
        self.queue.clear()

    def _withdraw(self) -> None:
        for _ in self.queue:
            self._arrivals.remove(self)


def _size(message: tuple[Any, ...]) -> int:
    return sum(len(part) for part in message if isinstance(part, bytes))
