"""Carrying: what is more than plain data in the values of a frame becomes an end of the session, and is one again.

Each kind of such thing says here how (see `Kind`); whatever no kind takes cannot travel.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from detrun.runtime import values
from detrun.runtime.frames import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """What came with a call, and is let go of when that is answered."""

    def dispose(self) -> None:
        """The call is answered."""


class Carrier:
    """Carries the values of one frame between a scope and the ends of a session."""

    kinds: ClassVar[dict[int, Kind]] = {}

    def __init__(self, side: Side, scope: Scope, *, answers: bool = False) -> None:
        self.side = side
        self.scope = scope
        # Whether the frame is the answer to what the scope was asked.
        self.answers = answers
        self.made: list[End] = []
        self.begins: list[Begins] = []
        self.received: list[Received] = []

    def encode(self, value: object, what: str) -> bytes:
        """The bytes of a value; if it cannot travel, nothing is left of what was begun for it."""
        try:
            return values.encode(value, self, what)
        except BaseException:
            self._take_back()
            raise

    def encode_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], what: str) -> bytes:
        """The bytes of the arguments of a call; likewise."""
        try:
            return values.encode_arguments(args, kwargs, self, what)
        except BaseException:
            self._take_back()
            raise

    def decode(self, data: bytes) -> Any:
        """The value of these bytes."""
        return values.decode(data, self)

    def decode_arguments(self, data: bytes) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a call."""
        return values.decode_arguments(data, self)

    def begin(self) -> None:
        """The frame has left: what it announced may follow."""
        for thing in self.begins:
            thing.begin()

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

    def find_class(self, module: str, name: str) -> type | None:
        """The class of this name that the receiver has; which module that is, its generation says."""
        try:
            found: Any = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError):
            return None
        return found if isinstance(found, type) else None

    def dispose(self) -> None:
        """Let go of what came with the frame."""
        for thing in self.received:
            thing.dispose()
        self.received.clear()

    def _take_back(self) -> None:
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

    def find_class(self, _: str, __: str) -> type | None:
        return None


def carried(kind: type[Kind]) -> type[Kind]:
    """Have things of this kind travel."""
    Carrier.kinds[kind.code] = kind()
    return kind


def discard(side: Side, frame: AnyFrame) -> None:
    """An answer came that nobody waits for: what it brings is let go of, or it would stay on the other side."""
    if isinstance(frame, Reply):
        try:
            values.decode(frame.value, _Discarder(side))
        except values.NotReceivable:
            return  # a class of the sender's, which nobody looks for here
