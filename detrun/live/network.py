"""The network of a live run: its lines by number, and what names mean."""

from __future__ import annotations

import _socket
import errno
import os
import select
import socket
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from detrun.journal.entries import InputKind, OutputKind
from detrun.live.edge import READ, WRITE
from detrun.live.encoding import decoded, encoded, outcome
from detrun.live.lines import FIRST_FD, Line
from detrun.live.secure import BufferCarrier, LiveSecureSocket, SocketCarrier
from detrun.live.sockets import LiveSocket
from detrun.live.tls import LiveTls
from detrun.scheduler.network.network import Network
from detrun.scheduler.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detrun.journal.entries import Received
    from detrun.live.edge import Edge
    from detrun.live.engine import LiveEngine
    from detrun.scheduler.handles import Handle

# Taken before anything is put in their place.
_QUESTIONS: dict[str, Any] = {
    "addresses": _socket.getaddrinfo,
    "names": _socket.getnameinfo,
    "address": _socket.gethostbyname,
    "host": _socket.gethostbyaddr,
    "aliases": _socket.gethostbyname_ex,
}


# The numbers of TLS connections as origins are below this.
_TLS = -1_000


class LiveFile:
    """A descriptor, for who asks about it without a loop."""

    def __init__(self, edge: Edge, line: Line) -> None:
        self._edge = edge
        self.line = line

    def readable(self) -> bool:
        """Whether reading would not wait."""
        return self._is(select.POLLIN | select.POLLHUP | select.POLLERR)

    def writable(self) -> bool:
        """Whether writing would not wait."""
        return self._is(select.POLLOUT)

    def _is(self, mask: int) -> bool:
        answer = self._edge.ask(InputKind.SOCKET, self.line, partial(_polled, self.line.real, mask))
        return answer == b"1"


class LiveNetwork(Network):
    """Lines in order of creation. There are no hosts here but those that there are."""

    kinds: ClassVar[dict[type, Any]] = {socket.socket: LiveSocket, ssl.SSLSocket: LiveSecureSocket}

    def __init__(self, engine: LiveEngine, edge: Edge) -> None:
        super().__init__(engine)
        self.edge = edge
        # Where those inputs come from that are of no line.
        self.origin = Origin(0)
        self.lines: dict[int, Line] = {}
        # By what a look says of their lines, the calls of the one loop that most often is the only one to read.
        self.readers: dict[int, Handle] = {}
        self.reading: Any = None
        # Where something was sent in this iteration.
        self.pending: list[Line] = []
        self._last = self._secured = 0
        self._live = engine

    def open(self, real: Any) -> Any:
        """A new line to this."""
        self._last = number = self._last + 1
        self.lines[number] = line = Line(number, real)
        return line

    def secured(self, context: Any, carrier: Any, host: str | None, *, serves: bool) -> LiveTls:
        """What stands in OpenSSL's place, and asks it."""
        self._secured += 1
        carries = carrier if isinstance(carrier, SocketCarrier) else BufferCarrier(carrier)
        return LiveTls(self.edge, Origin(_TLS - self._secured), context, carries, host, serves=serves)

    def carrier(self, sock: Any) -> SocketCarrier:
        return SocketCarrier(sock)

    def line(self, fd: int) -> Line:
        """The line of a descriptor that the program knows."""
        try:
            return self.lines[fd - FIRST_FD]
        except KeyError:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from None

    def file(self, fd: int) -> Any:
        return LiveFile(self.edge, self.line(fd))

    def close(self, fd: int) -> None:
        line = self.lines.pop(fd - FIRST_FD, None)
        if line is not None:
            if line.mask:
                line.mask = 0
                self.edge.watch(line, 0)
                self.readers.pop(line.key << 2 | READ, None)
            self.rouse(watch for watch, _ in line.parked)
            self.edge.emit(OutputKind.CLOSE, line, b"", line.real.close)

    # Threads that wait: others go on meanwhile, and what may leave has left.

    def wait(self, asked: Sequence[tuple[Any, int]], reason: str, seconds: float | None) -> bool:
        return self._await([(watched.line, mask) for watched, mask in asked], reason, seconds)

    def await_line(self, line: Line, mask: int, reason: str, seconds: float | None) -> bool:
        """Let the thread that calls stand still until a line is ready; false if time is up first."""
        return self._await([(line, mask)], reason, seconds)

    def _await(self, asked: list[tuple[Line, int]], reason: str, seconds: float | None) -> bool:
        self._live.check_thread(reason)
        watch = object()
        for line, mask in asked:
            line.parked.append((watch, mask))
            self.watch(line)
        try:
            return self._live.baton.wait(watch, reason, self.deadline(seconds))
        finally:
            for line, mask in asked:
                line.parked.remove((watch, mask))
                self.watch(line)

    def watch(self, line: Line) -> None:
        """It matters from now on for what a line is ready that a loop or a thread waits for, and for nothing else."""
        mask = (READ if line.reader is not None else 0) | (WRITE if line.writer is not None else 0)
        for _, also in line.parked:
            mask |= also
        line.mask = mask
        self.edge.watch(line, mask)
        self.point(line)

    def point(self, line: Line) -> None:
        """Have at hand who reads from a line, if that is a loop alone, and always the same one."""
        code = line.key << 2 | READ
        if self.reading is None:
            self.reading = line.loop
        if line.reader is not None and not line.parked and line.loop is self.reading:
            self.readers[code] = line.reader
        else:
            self.readers.pop(code, None)

    def settle(self) -> None:
        """What was sent in this iteration has left, unless one hears otherwise."""
        for line in self.pending:
            line.pending = 0
        self.pending.clear()

    def progress(self, entry: Received) -> None:
        """So much of what is under way has not left yet, and this went wrong."""
        line = self.lines.get(entry.origin)
        if line is not None:
            line.pending, line.error = int.from_bytes(entry.payload, "little"), entry.code

    def look_up(self, question: str, *arguments: Any, **options: Any) -> Any:
        asked = partial(outcome, _QUESTIONS[question], *arguments, **options)
        return decoded(self.edge.ask(InputKind.NAME_LOOKUP, self.origin, asked))

    async def tell(self, loop: Any, question: str, *arguments: Any, **options: Any) -> Any:
        return await self._live.jobs.done(loop, partial(_QUESTIONS[question], *arguments, **options))


def _polled(real: Any, mask: int) -> bytes:
    poll = select.poll()
    poll.register(real, mask)
    return b"1" if poll.poll(0) else encoded(None)
