"""The selector of a live loop: asyncio's own transports register their interest here."""

from __future__ import annotations

from selectors import SelectorKey
from typing import TYPE_CHECKING, Any

from detrun.live.lines import FIRST_FD
from detrun.scheduler.handles import NOTHING, Handle
from detrun.scheduler.network.readiness import Readiness, descriptor

if TYPE_CHECKING:
    from detrun.live.engine import LiveEngine
    from detrun.live.lines import Line


class LiveReadiness(Readiness):
    """Who waits for which line of one loop; the engine looks for all loops at once."""

    _engine: LiveEngine

    def __init__(self, engine: LiveEngine, loop: Any) -> None:
        super().__init__(engine, loop)
        self.transport = engine.edge.transport
        # Something may come before every iteration.
        self.due: Any = (True,)

    def register(self, file: Any, events: int, data: Any = None) -> SelectorKey:
        """Begin to wait for a descriptor, or whatever has one."""
        fd = descriptor(file)
        network = self._engine.network
        line, before = network.line(fd), self._keys.get(fd)
        reader, writer = data if isinstance(data, tuple) else (data, data)
        was_reader, was_writer = before.data if before is not None else (None, None)
        if reader is not was_reader:
            line.reader = _exchanged(line.reader, reader)
        if writer is not was_writer:
            line.writer = _exchanged(line.writer, writer)
        key = self._keys[fd] = SelectorKey(fd, fd, events, data)
        line.loop = self._loop
        if line.parked:
            network.watch(line)
        else:
            line.mask = events
            network.edge.watch(line, events)
            network.point(line)
        return key

    modify = register

    def unregister(self, file: Any) -> SelectorKey:
        """Wait for it no more."""
        fd = descriptor(file)
        key, network = self._keys.pop(fd), self._engine.network
        line = network.lines.get(fd - FIRST_FD)
        if line is not None:
            self._forget(line)
            network.watch(line)
        return key

    def select(self) -> None:
        """Do nothing: whoever drives the loop has looked."""

    def _forget(self, line: Line) -> None:
        line.reader, line.writer = _exchanged(line.reader, None), _exchanged(line.writer, None)
        line.loop = None


def _exchanged(before: Handle | None, handle: Any) -> Handle | None:
    """The call that stands for a handle of asyncio's; what it takes the place of is made no more."""
    if before is not None:
        before.call = NOTHING
    return None if handle is None else Handle((handle._callback, *handle._args), handle._context)
