"""Links: what lies between two hosts, how long it takes, and whether anything gets through."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from detrun.scheduler.clock import SECOND

if TYPE_CHECKING:
    from detrun.scheduler.network.wires import Wire


class Link:
    """The way between two hosts, in both directions. As it is made it costs no time: then order alone decides."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.bandwidth = 0.0
        self.broken = False
        # By number, because a set of them would have no order, and the order in which they heal matters.
        self._wires: WeakValueDictionary[int, Wire] = WeakValueDictionary()
        self._count = 0
        # Strongly, because nobody else has what carries only a request to connect or a datagram.
        self._held: list[Wire] = []

    def add(self, wire: Wire) -> None:
        """Let a wire go this way."""
        self._count += 1
        self._wires[self._count] = wire
        if self.broken:
            self._hold(wire)

    def cut(self) -> None:
        """Let nothing through; what is under way waits, as it does where TCP sends again and again."""
        if self.broken:
            return
        self.broken = True
        for wire in list(self._wires.values()):
            self._hold(wire)

    def mend(self) -> None:
        """Let everything through that waited."""
        if not self.broken:
            return
        self.broken = False
        held, self._held = self._held, []
        for wire in held:
            wire.release()

    def takes_time(self) -> bool:
        """Whether anything takes longer than no time."""
        return bool(self.latency or self.bandwidth)

    def sending(self, size: int) -> int:
        """For how many nanoseconds so many bytes keep the sender busy."""
        return int(size / self.bandwidth * SECOND) if self.bandwidth else 0

    def traveling(self) -> int:
        """How many nanoseconds it takes to the other end."""
        return int(self.latency * SECOND)

    def _hold(self, wire: Wire) -> None:
        self._held.append(wire)
        wire.hold()
