"""What `os` does to descriptors of a live run: reading, writing, closing and asking about them passes the edge."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from detrun.journal.entries import InputKind
from detrun.live.encoding import decoded, encoded
from detrun.live.pipes import Adopted, Pipe, opened
from detrun.live.waiting import receive, send
from detrun.scheduler.world import swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.live.engine import LiveEngine

_dup, _fstat, _isatty = swap.twin(os.dup), swap.twin(os.fstat), swap.twin(os.isatty)


class Descriptors:
    """The descriptors of one live run, as `os` has them; sockets are among them."""

    def __init__(self, engine: LiveEngine) -> None:
        self.engine = engine
        self.edge = engine.edge

    def pipe(self, real: Callable[..., tuple[int, int]], *flags: int) -> tuple[int, int]:
        """Both ends of a new pipe."""
        ends, network = (Pipe(), Pipe()), self.engine.network
        self.edge.ask(InputKind.SOCKET, network.origin, partial(_piped, ends, real, flags))
        reading, writing = (network.open(end) for end in ends)
        reading.blocks = writing.blocks = not (flags and flags[0] & os.O_NONBLOCK)
        return reading.fd, writing.fd

    def open(self, fd: int, *arguments: Any, **options: Any) -> Any:
        """A file object for a descriptor."""
        self.engine.network.line(fd)  # raises if it is closed
        return opened(self, fd, *arguments, **options)

    def adopted(self, pipe: Any) -> Any:
        """A file of the process as one whose descriptor is the run's; what is the run's already stays as it is."""
        fd, network = pipe.fileno(), self.engine.network
        if network.simulates(fd):
            return pipe
        end = Pipe()
        self.edge.ask(InputKind.SOCKET, network.origin, partial(_duplicated, end, fd))
        return Adopted(self, pipe, network.open(end).fd)

    def read(self, fd: int, size: int) -> bytes:
        """What there is, at most so much; waits for it if the descriptor does."""
        network = self.engine.network
        return receive(network, network.line(fd), size)

    def write(self, fd: int, data: Any) -> int:
        """Write what there is room for."""
        network = self.engine.network
        return send(network, network.line(fd), bytes(data))

    def close(self, fd: int) -> None:
        """Close it, with all that was written before under way."""
        self.engine.network.line(fd)
        self.drop(fd)

    def drop(self, fd: int) -> None:
        """The same, if it is not closed yet."""
        self.engine.network.close(fd)

    def fstat(self, fd: int) -> os.stat_result:
        return os.stat_result(self._answer(fd, lambda real: tuple(_fstat(real))))

    def isatty(self, fd: int) -> bool:
        return bool(self._answer(fd, _isatty))

    def set_blocking(self, fd: int, blocking: bool) -> None:  # noqa: FBT001  # as `os` has it
        self.engine.network.line(fd).blocks = bool(blocking)

    def get_blocking(self, fd: int) -> bool:
        return self.engine.network.line(fd).blocks

    def _answer(self, fd: int, question: Callable[[int], Any]) -> Any:
        line = self.engine.network.line(fd)
        return decoded(self.edge.ask(InputKind.SOCKET, line, lambda: encoded(question(line.real.fileno()))))


def _piped(ends: tuple[Pipe, Pipe], real: Callable[..., tuple[int, int]], flags: tuple[int, ...]) -> bytes:
    for end, fd in zip(ends, real(*flags), strict=True):
        end.become(fd)
    return b""


def _duplicated(end: Pipe, fd: int) -> bytes:
    end.become(_dup(fd))
    return b""
