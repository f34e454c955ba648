"""Lines: the channels that frames between contexts travel on, and gates that keep a context's frames waiting."""

from __future__ import annotations

from contextvars import Context as Variables
from typing import TYPE_CHECKING, Any

from detrun.runtime.frames import Bye, encode
from detrun.scheduler.channels import Channel
from detrun.scheduler.handles import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.model import EventId
    from detrun.runtime.frames import AnyFrame
    from detrun.scheduler.channels import Home
    from detrun.scheduler.engine import Engine


class Gate:
    """Whether new calls may arrive somewhere. While it is closed they wait, and nobody can choose them.

    What is for something that goes on, in a generation that drains, arrives all the same, unless it is behind one.
    """

    __slots__ = ("_arrivals", "_held", "closed")

    def __init__(self, engine: Engine) -> None:
        self.closed = False
        self._arrivals = engine.arrivals
        self._held: list[Line] = []

    def close(self) -> None:
        """Let nothing arrive any more, what is under way included."""
        self.closed = True
        self._held += [line for line in self._arrivals if isinstance(line, Line) and line.gate is self]
        for line in self._held:
            self._arrivals.remove(line)
        for line in dict.fromkeys(self._held):
            self.admit(line)

    def admit(self, line: Line) -> None:
        """Let the head of a line arrive though the gate is closed, if it is for what goes on."""
        if line.queue and line in self._held and line not in self._arrivals:
            letter = line.queue[0]
            assert isinstance(letter, Letter)  # nothing else comes by lines
            # What has no number is for the session as a whole.
            if not letter.call[1] or letter.side.taker(letter.route) is not None:
                self._held.remove(line)
                self._arrivals.append(line)

    def open(self) -> None:
        """Let arrive what waited, in the order in which it came."""
        self.closed = False
        held, self._held = self._held, []
        self._arrivals.extend(held)

    def hold(self, line: Line) -> None:
        """Keep a frame of this line waiting."""
        self._held.append(line)
        self.admit(line)


class Letter(Delivery):
    """A frame on its way: the side that takes it, and the end whose context that is to happen in."""

    side: Any = None
    route: int = 0

    @property
    def is_unheard(self) -> bool:
        """Whether it ends a session that nothing is left of: whoever takes it, nothing comes of it."""
        return type(self.call[2]) is Bye and not (self.side.ends or self.side.kept)


class Line(Channel):
    """A channel for frames. Each has a name of its own, and what it says is part of the digest."""

    __slots__ = ("gate", "side")

    def __init__(
        self, engine: Engine, home: Home, key: int, receive: Callable[..., None], gate: Gate | None = None
    ) -> None:
        # What the sender's variables say is none of the receiver's business.
        super().__init__(engine, home, key, home.name, receive, Variables())
        self.gate = gate
        # Who receives is a side of a session.
        self.side: Any = getattr(receive, "__self__", None)

    @property
    def head(self) -> str:
        """The name of what can arrive next."""
        return self.queue[0].path

    def send(self, route: int, number: int, frame: AnyFrame, name: str) -> None:
        """Send a frame for one end of a session; `route` is the end whose context takes it.

        Its bytes are what the digest and a journal have of it. As nobody can change it, it need not be made of them.
        """
        self._count = count = self._count + 1
        event: EventId = (self.key, count)  # type: ignore[assignment]  # to call `EventId` costs more than the tuple
        self._trace.send(event, name, encode(frame))
        call = (self._receive, number, frame)
        letter = Letter(call, self._variables.copy(), None, event, name, self.side, route)
        # This is `push`, without its calls.
        self.queue.append(letter)
        gate = self.gate
        if gate is None or not gate.closed:
            self._arrivals.append(self)
        else:
            gate.hold(self)

    def waiting(self, number: int) -> int:
        """How many bytes of frames for this end are on their way."""
        return sum(len(encode(delivery.call[2])) for delivery in self.queue if delivery.call[1] == number)

    def push(self, delivery: Delivery) -> None:
        """Queue a frame; nobody can choose it while the gate is closed."""
        if self.gate is not None and self.gate.closed:
            self.queue.append(delivery)
            self.gate.hold(self)
        else:
            super().push(delivery)
