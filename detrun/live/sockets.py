"""Sockets of a live run, with the face of `socket.socket`: what the system says of them passes the edge."""

from __future__ import annotations

import _socket
import errno
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from detrun.journal.entries import InputKind, OutputKind
from detrun.live.edge import LONGEST, READ, WRITE, failure
from detrun.live.encoding import decoded, encoded
from detrun.live.lines import Line, unopened
from detrun.live.waiting import asked, receive, send, wait
from detrun.scheduler.active import aside
from detrun.scheduler.network.face import FLAGS, Face

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.live.edge import Edge
    from detrun.live.network import LiveNetwork

# Plain numbers: to look up the member of an enumeration costs as much as to write an entry.
_ACCEPT, _CONNECT, _DATAGRAM = int(InputKind.ACCEPT), int(InputKind.CONNECT), int(InputKind.DATAGRAM)
_SENT_TO = int(OutputKind.DATAGRAM)
_new = socket.socket.__new__


class LiveSocket(Face):
    """A socket of one live run. Nothing but the edge knows whether there is a real one behind it."""

    # What is called most is made for each: what it needs is at hand, and none of it leads back to the socket.
    __slots__ = ("_edge", "_line", "_network", "_real", "recv", "send")

    _network: LiveNetwork
    _edge: Edge
    recv: Any
    send: Any

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:  # noqa: A002
        self._fd = -1
        self._begin(family, type, proto)
        if fileno is not None:
            self._open(self._network.line(fileno))
            return
        real = unopened()
        line = self._network.open(real)
        self._edge.ask(InputKind.SOCKET, line, partial(_opened, real, *self._kind))
        self._open(line)

    @classmethod
    def of(cls, network: LiveNetwork) -> LiveSocket:
        """A socket of this network, still to be initialized."""
        made: LiveSocket = _new(cls)
        made._network, made._edge = network, network.edge
        return made

    @classmethod
    def around(cls, network: LiveNetwork, real: Any, kind: tuple[int, int, int]) -> LiveSocket:
        """A socket for a connection that is there already."""
        made = cls.of(network)
        made.__init__(*kind, network.open(real).fd)  # type: ignore[misc]
        return made

    @classmethod
    def pair(
        cls, network: LiveNetwork, family: int = socket.AF_UNIX, kind: int = socket.SOCK_STREAM, proto: int = 0
    ) -> Any:
        """Two sockets that are connected to each other."""
        ends = (unopened(), unopened())
        network.edge.ask(InputKind.SOCKET, network.origin, partial(_paired, ends, family, kind, proto))
        return tuple(cls.around(network, end, (family, kind & ~FLAGS, proto)) for end in ends)

    def _open(self, line: Line) -> None:
        self._line, self._real, self._fd = line, line.real, line.fd
        network, edge = self._network, self._edge
        self.recv = edge.reader(line, partial(receive, network, line))
        self.send = edge.writer(line, network.pending.append, partial(send, network, line))
        line.blocks, line.patience = self._timeout != 0.0, self._timeout

    def __repr__(self) -> str:
        return f"<live socket fd={self._fd} {self.family.name} {self.type.name}>"

    # What the system knows of it.

    def getsockname(self) -> Any:
        return self._answer(lambda: encoded(self._real.getsockname()))

    def getpeername(self) -> Any:
        return self._answer(lambda: encoded(self._real.getpeername()))

    def getsockopt(self, level: int, option: int, length: int = 0) -> Any:
        return self._answer(lambda: encoded(self._real.getsockopt(level, option, *((length,) if length else ()))))

    def setsockopt(self, level: int, option: int, value: Any, length: int | None = None) -> None:
        rest = () if length is None else (length,)
        self._answer(lambda: encoded(self._real.setsockopt(level, option, value, *rest)))

    def settimeout(self, value: float | None) -> None:
        # The real one never waits: who calls does, while others go on.
        super().settimeout(value)
        self._line.blocks, self._line.patience = value != 0.0, value

    # What it does.

    def bind(self, address: Any) -> None:
        self._answer(lambda: encoded(self._real.bind(address)))

    def listen(self, backlog: int = 128) -> None:
        self._edge.release()
        self._answer(lambda: encoded(self._real.listen(backlog)))

    def accept(self) -> tuple[socket.socket, Any]:
        self._check_open()
        real = unopened()
        address = decoded(self._asked(READ, _ACCEPT, partial(_accepted, self._real, real, self._kind)))
        return LiveSocket.around(self._network, real, self._kind), address

    def connect(self, address: Any) -> None:
        self._check_open()
        self._edge.release()
        try:
            self._edge.ask(_CONNECT, self._line, lambda: encoded(self._real.connect(address)))
        except BlockingIOError:
            if self._timeout == 0.0:
                raise
            wait(self._network, self._line, WRITE)
            if error := self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise failure(error) from None

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, Any]:
        self._check_open()
        asked = min(size, LONGEST)
        data, sender = decoded(self._asked(READ, _DATAGRAM, lambda: encoded(self._real.recvfrom(asked, flags))))
        return data, sender

    def sendto(self, data: Any, *rest: Any) -> int:
        if self._kind[1] != socket.SOCK_DGRAM:
            return int(self.send(data))
        self._check_open()
        datagram = bytes(data)
        self._edge.emit(_SENT_TO, self._line, datagram + encoded(rest[-1]), (datagram, rest[-1]))
        return len(datagram)

    def shutdown(self, how: int) -> None:
        self._check_open()
        real = self._real
        self._edge.emit(OutputKind.END_OF_FILE, self._line, b"", lambda: real.shutdown(how))

    def detach(self) -> int:
        self.recv = self.send = _closed
        return super().detach()

    def _real_close(self, *_: Any) -> None:
        fd, self._fd = self._fd, -1
        self.recv = self.send = _closed
        if fd != -1:
            self._network.close(fd)

    # How.

    def _answer(self, perform: Callable[[], bytes]) -> Any:
        self._check_open()
        return decoded(self._edge.ask(InputKind.SOCKET, self._line, perform))

    def _asked(self, mask: int, kind: int, perform: Callable[[], bytes]) -> bytes:
        return asked(self._network, self._line, mask, kind, perform)


def _closed(*_: Any) -> NoReturn:
    raise failure(errno.EBADF)


def _opened(real: Any, family: int, kind: int, proto: int) -> bytes:
    real.__init__(family, kind, proto)
    real.settimeout(0.0)
    return b""


def _accepted(listener: Any, real: Any, kind: tuple[int, int, int]) -> bytes:
    fd, address = listener._accept()
    real.__init__(*kind, fd)
    real.settimeout(0.0)
    return encoded(address)


def _paired(ends: tuple[Any, Any], family: int, kind: int, proto: int) -> bytes:
    with aside():  # which makes it the system's
        made = _socket.socketpair(family, kind, proto)
    for end, other in zip(ends, made, strict=True):
        end.__init__(family, kind, proto, other.detach())
        end.settimeout(0.0)
    return b""
