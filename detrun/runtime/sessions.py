"""Sessions: two lines between a scope and whom it talks to, and the ends of what they carry.

Calls, streams, stubs and sockets are all alike here: two ends with one number, each of which takes frames. What one
side sends arrives in that order, so that no frame comes before the one that explains it. A frame for an end that is
gone is late, and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from detrun.errors import Disconnected
from detrun.runtime.frames import Bye, Call, Refusal, Reply
from detrun.runtime.given import Kept
from detrun.runtime.lines import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.runtime.frames import AnyFrame
    from detrun.runtime.given import Given
    from detrun.runtime.lines import Gate
    from detrun.runtime.scopes import Scope
    from detrun.scheduler.channels import Home
    from detrun.scheduler.engine import Engine

# The side that began a session counts its ends in odd numbers, the other one in even ones.
STEP = 2


class Side:
    """One side of a session: the ends that it has, and the line to the other side."""

    __slots__ = (
        "_answer",
        "_seen",
        "closed",
        "closing",
        "ends",
        "heard",
        "incoming",
        "kept",
        "last",
        "line",
        "name",
        "peer",
        "said",
    )
    line: Line
    # The line that leads here, if it leads to a door.
    incoming: Line

    def __init__(self, name: str, peer: str, first: int, answer: Answer) -> None:
        self.name = name
        self.peer = peer
        self.ends: dict[int, End] = {}
        self.closed = False
        self.closing: Callable[[Side], None] | None = None
        # How many answers have arrived, how many were sent, and what those gave of which more can be asked.
        self.heard = self.said = 0
        self.kept: Kept | None = None
        self._answer = answer
        # The last number that an end has which began on this side.
        self.last = first - STEP
        # The highest number of a call that came from the other side.
        self._seen = 0

    def new_number(self) -> int:
        """A number for an end that begins on this side."""
        self.last = last = self.last + STEP
        return last

    def send(self, number: int, frame: AnyFrame, verb: str, route: int = 0) -> None:
        """Send a frame for the other end of this number; the context of `route` takes it, if that is another one."""
        if not self.closed:
            name = f"{self.peer}/{verb} from {self.name}"
            self.line.send(route or number, number, frame, name)

    def taker(self, number: int) -> Scope | None:
        """The scope of the end of this number, or of what that gave; none if something new begins here."""
        end = self.ends.get(number)
        if end is not None:
            return end.scope
        return None if self.kept is None else self.kept.scope(number)

    def skip(self) -> None:
        """Leave out a call and its answer: whatever comes after them is numbered as it would have been."""
        self.last += STEP
        self.line.skip()
        far: Side = self.line.side
        far.line.skip()

    def arrive(self, number: int, frame: AnyFrame) -> None:
        """A frame has arrived: whoever has this number takes it."""
        end = self.ends.get(number)
        if end is not None:
            end.take(frame)
        elif type(frame) is Call and number > self._seen:
            self._seen = number
            self._answer(self, number, frame)
        elif isinstance(frame, Bye):
            self._lose(Disconnected(f"{self.peer} is gone", frame.reason))

    def answer(self, number: int, frame: Reply | Refusal, what: str) -> None:
        """Send what a call gave: both sides count what the other one hears."""
        self.said += 1
        if not self.closed:
            kind = "answer" if type(frame) is Reply else "error"
            self.line.send(number, number, frame, f"{self.peer}/{kind} of {what} from {self.name}")

    def keep(self, number: int, given: Given, heard: int) -> None:
        """Keep what the next answer gives; when it was called for, the other side had heard so many."""
        if self.kept is None:
            self.kept = Kept()
        self.kept.add(self.said + 1, number, given, heard)

    def leave(self, reason: str) -> None:
        """End the session: everything on the other side ends, too."""
        self.send(0, Bye(reason), "goodbye")
        self._close()

    def _lose(self, error: Disconnected) -> None:
        self.closed = True
        for end in list(self.ends.values()):
            end.lose(error)
        self._close()

    def _close(self) -> None:
        self.closed = True
        self.ends.clear()
        self.kept = None
        if self.closing is not None:
            self.closing(self)


class Answer(Protocol):
    """Makes the end of a call that has arrived."""

    def __call__(self, side: Side, number: int, call: Call) -> None:
        """A call has arrived."""


class End:
    """One of the two ends of something that a session carries. It is known by its number until it is forgotten."""

    __slots__ = ()
    expects = False
    only_if_asked = False
    side: Side
    scope: Scope
    number: int

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.number} of {self.side.name}>"

    def take(self, frame: Any) -> None:
        """A frame came from the other end."""
        raise NotImplementedError

    def tear_down(self, error: BaseException) -> None:
        """The scope is over: tell the other end, and be gone."""
        raise NotImplementedError

    def lose(self, error: BaseException) -> None:
        """The other side is gone, and needs to be told nothing."""
        raise NotImplementedError

    def retire(self) -> None:
        """Go on: it has the grace of the generation."""

    def send(self, frame: AnyFrame, verb: str) -> None:
        """Send a frame to the other end."""
        self.side.send(self.number, frame, verb)

    def forget(self) -> None:
        """Be gone: what comes from now on is late."""
        self.side.ends.pop(self.number, None)
        self.scope.handles.pop(self, None)


class Lasting(End):
    """An end of what may last longer than a call: of a stream, a stub, a socket."""

    __slots__ = ("number", "scope", "side")

    def __init__(self, side: Side, scope: Scope, number: int = 0) -> None:
        self.side = side
        self.scope = scope
        self.number = number or side.new_number()
        side.ends[self.number] = self
        scope.handles[self] = None


def connected(
    engine: Engine, scope: Scope, door: Home, gate: Gate | None, answers: tuple[Answer, Answer]
) -> tuple[Side, Side]:
    """A new session from a scope to a door: the scope's side of it, and the door's."""
    key, here, there = hash(scope.context.loop.operation()), scope.context.name, door.name
    near, far = Side(here, there, 1, answers[0]), Side(there, here, 2, answers[1])
    near.line = far.incoming = Line(engine, door, key, far.arrive, gate)
    far.line = Line(engine, scope.context, hash((key, 0)), near.arrive)
    return near, far
