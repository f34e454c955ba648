"""Carrying: what is more than plain data in the values of a frame becomes an end of the session, and is one again.

Each kind of such thing says here how (see `Kind`); whatever no kind takes cannot travel.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from detrun.errors import NotReceivable
from detrun.runtime import values
from detrun.runtime.frames import Call, Reply
from detrun.runtime.ownership import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from detrun.runtime.frames import AnyFrame
    from detrun.runtime.scopes import Scope
    from detrun.runtime.sessions import End, Side


class Kind(Protocol):
    """How one kind of thing travels."""

    code: int

    def export(self, carrier: Carrier, value: Any) -> object:
        """What stands for it in a frame, or `NotImplemented` for what is of another kind."""

    def revive(self, carrier: Carrier, payload: Any) -> object:
        """The same thing where it has arrived."""

    def discard(self, side: Side, payload: Any) -> None:
        """It has arrived, and nobody wants it."""


class Begins(Protocol):
    """What begins to send once the frame that announces it has left."""

    def begin(self) -> None:
        """The frame has left."""


class Received(Protocol):
    """What came with a frame, and is let go of sooner or later."""

    def dispose(self) -> None:
        """It is needed no more."""


class Carrier:
    """Carries the values of one frame between a scope and the ends of a session."""

    kinds: ClassVar[dict[int, Kind]] = {}
    """By their codes, in the order in which they are asked."""

    @classmethod
    def know(cls, kinds: Iterable[Kind]) -> None:
        """From now on these travel, too."""
        cls.kinds.update({kind.code: kind for kind in kinds})

    def __init__(self, side: Side, scope: Scope, *, answers: bool = False) -> None:
        self.side = side
        self.scope = scope
        # Whether the frame is the answer to what the scope was asked.
        self.answers = answers
        # The line that asked for what arrives.
        self.site = NOWHERE
        self.made: list[End] = []
        self.begins: dict[Begins, None] = {}
        self.stubs: list[Received] = []
        self.streams: list[Received] = []
        # By the address of each stub that was sent, the one that is behind it for whoever gets it.
        self.passed: dict[int, object] = {}
        self._last: Callable[[], None] | None = None

    def encode(self, value: object, what: str) -> bytes:
        """The bytes of a value; if it cannot travel, nothing is left of what was begun for it."""
        try:
            return values.encode(value, self, what, limit=self.scope.root.limits.message_bytes)
        except BaseException:
            self.take_back()
            raise

    def encode_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], what: str) -> bytes:
        """The bytes of the arguments of a call; likewise."""
        try:
            limit = self.scope.root.limits.message_bytes
            return values.encode_arguments(args, kwargs, self, what, limit=limit)
        except BaseException:
            self.take_back()
            raise

    def decode(self, data: bytes) -> Any:
        """The value of these bytes."""
        return values.decode(data, self)

    def decode_arguments(self, data: bytes) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a call."""
        return values.decode_arguments(data, self)

    def begin(self, last: Callable[[], None] | None = None) -> None:
        """The frame has left: what it announced may follow; `last` is called when all of that is over."""
        self._last = last
        for thing in list(self.begins):
            thing.begin()
        if not self.begins and last is not None:
            last()

    def over(self, thing: Begins) -> None:
        """This one has sent everything."""
        self.begins.pop(thing, None)
        if not self.begins and self._last is not None:
            self._last()

    def export(self, value: object, _: str) -> tuple[int, object] | None:
        """What stands for a thing in a frame, and its kind; none if it cannot travel."""
        for kind in self.kinds.values():
            payload = kind.export(self, value)
            if payload is not NotImplemented:
                return kind.code, payload
        return None

    def revive(self, code: int, payload: object) -> object:
        """The thing that has arrived."""
        return self.kinds[code].revive(self, payload)

    def find_class(self, module: str, qualname: str) -> type:
        """The class of this name that the receiver has; which module that is, its generation says."""
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
        if not isinstance(found, type):
            raise TypeError(f"expected {module}.{qualname} to be a class, got {found!r}")
        return found

    def release_stubs(self) -> None:
        """Let go of the stubs that came with the frame, but for those that were kept by `dup`."""
        for stub in self.stubs:
            stub.dispose()
        self.stubs.clear()

    def end_streams(self) -> None:
        """Let go of the streams that came with the frame and were not read to their end."""
        for stream in self.streams:
            stream.dispose()
        self.streams.clear()

    def lasting(self, value: Any) -> Any:
        """A value that was sent, of which more can be asked for as long as who got it may ask."""
        if type(value) is dict:
            return {name: self.lasting(item) for name, item in value.items()}
        return self.passed.get(id(value), value)

    def take_back(self) -> None:
        """The frame is not sent: nothing is left of what was begun for it."""
        for end in self.made:
            end.forget()
            end.scope.release(end)


class _Discarder:
    """Takes the values of a frame that nobody waits for, and lets go of each thing in them."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def revive(self, code: int, payload: object) -> object:
        Carrier.kinds[code].discard(self._side, payload)
        return None

    def find_class(self, module: str, qualname: str) -> type:
        raise LookupError(f"nobody looks for {module}.{qualname} here")


def discard(side: Side, frame: AnyFrame) -> None:
    """A frame came that nobody wants: what it brings is let go of, or it would stay on the other side."""
    data = frame.value if isinstance(frame, Reply) else frame.arguments if isinstance(frame, Call) else None
    if data is not None:
        try:
            values.decode(data, _Discarder(side))
        except NotReceivable:
            return  # a class of the sender's, which nobody looks for here
