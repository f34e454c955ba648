"""Sockets of the simulated network, with the face of `socket.socket`: libraries make those themselves."""

from __future__ import annotations

import errno
import os
import socket
import struct
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.scheduler.network.addresses import ANY, LOOPBACK, family_of
from detrun.scheduler.network.face import FLAGS, Face
from detrun.scheduler.network.files import Datagrams, File, Listener, Stream

if TYPE_CHECKING:
    from detrun.scheduler.network.files import Address
    from detrun.scheduler.network.network import Network


# What sockets here do anyway.
# Plain numbers: the flags of `socket` are enumerations, whose arithmetic costs more than a whole read.
_PEEK = int(socket.MSG_PEEK)
_NOW = int(getattr(socket, "MSG_DONTWAIT", 0))
_HARMLESS = int(getattr(socket, "MSG_DONTWAIT", 0) | getattr(socket, "MSG_NOSIGNAL", 0))
_new = socket.socket.__new__
# Who connects and hears nothing at all gives up after so many seconds, as Linux does.
_PATIENCE = 127.0


class Socket(Face):
    """A socket of one run. Its file is what the kernel keeps, another one once it listens or connects."""

    __slots__ = ("_file", "_local", "_network", "_options")

    _network: Network

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:  # noqa: A002
        self._begin(family, type, proto)
        self._local: Address | None = None
        self._options: dict[tuple[int, int], Any] = {}
        if fileno is not None:
            self._file, self._fd = self._network.file(fileno), fileno
        else:
            datagrams = self._kind[1] == socket.SOCK_DGRAM
            self._file = Datagrams(self._network) if datagrams else File(self._network, "socket")
            self._fd = self._network.open(self._file)

    @classmethod
    def of(cls, network: Network) -> Socket:
        """A socket of this network, still to be initialized."""
        made: Socket = _new(cls)
        made._network = network
        return made

    @classmethod
    def pair(
        cls, network: Network, family: int = socket.AF_UNIX, kind: int = socket.SOCK_STREAM, proto: int = 0
    ) -> Any:
        """Two sockets that are connected to each other."""
        if kind & ~FLAGS != socket.SOCK_STREAM:
            raise Forbidden("a socketpair of datagrams", "make one of streams")
        return tuple(cls.around(network, stream, (family, kind, proto)) for stream in network.pair())

    @classmethod
    def around(cls, network: Network, stream: Stream, kind: tuple[int, int, int]) -> Socket:
        """A socket for a connection that is there already."""
        made = cls.of(network)
        made.__init__(*kind, network.open(stream))  # type: ignore[misc]
        return made

    # What it is.

    def __repr__(self) -> str:
        return f"<simulated socket fd={self.fileno()} {self._file.name}>"

    def getsockname(self) -> Any:
        local = self._file.local if isinstance(self._file, Stream | Datagrams) else self._local
        return self._spelled(local)

    def getpeername(self) -> Any:
        self._check_open()
        if isinstance(self._file, Stream) and (self._file.connected or self._file.peer is not None):
            return self._spelled(self._file.remote)
        if isinstance(self._file, Datagrams) and self._file.remote is not None:
            return self._spelled(self._file.remote)
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))

    def setsockopt(self, level: int, option: int, value: Any, length: int | None = None) -> None:
        self._check_open()
        self._options[level, option] = value

    def getsockopt(self, level: int, option: int, length: int = 0) -> Any:
        self._check_open()
        if (level, option) == (socket.SOL_SOCKET, socket.SO_ERROR):
            return self._file.pop_error() if isinstance(self._file, Stream) else 0
        if (level, option) == (socket.SOL_SOCKET, socket.SO_TYPE):
            return self._kind[1]
        return self._options.get((level, option), 0)

    # What it does.

    def bind(self, address: Any) -> None:
        self._check_open()
        self._local = self._network.bind(self._kind[1], self._file, self._placed(address))
        if isinstance(self._file, Datagrams):
            self._file.local = self._local

    def listen(self, backlog: int = 128) -> None:
        self._check_open()
        if isinstance(self._file, Listener):
            return
        if self._local is None:
            self._local = self._network.bind(self._kind[1], self._file, self._anywhere())
        self._become(Listener(self._network, self._local, backlog))

    def accept(self) -> tuple[socket.socket, Any]:
        self._check_open()
        if not isinstance(self._file, Listener):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if self._timeout != 0.0:
            self._wait(EVENT_READ, "accept")
        stream = self._file.accept()
        accepted = Socket.around(self._network, stream, self._kind)
        return accepted, accepted.getpeername() if self._kind[0] != socket.AF_UNIX else ""

    def connect(self, address: Any) -> None:
        self._check_open()
        remote = self._placed(address, LOOPBACK)
        if isinstance(self._file, Datagrams):
            self._name_datagrams()
            self._file.remote = remote
            self._file.local = self._network.source(self._file, self._local, remote)
            return
        if isinstance(self._file, Stream):
            code = errno.EISCONN if self._file.connected else errno.EALREADY
            raise OSError(code, os.strerror(code))
        stream = self._network.stream(self._file, self._local, remote)
        if self._kind[0] == socket.AF_UNIX:
            self._network.connect_at_once(stream)
            self._become(stream)
            return
        self._become(stream)
        self._network.connect(stream)
        if self._timeout == 0.0:
            raise BlockingIOError(errno.EINPROGRESS, os.strerror(errno.EINPROGRESS))
        self._await_connection(stream)

    def send(self, data: Any, flags: int = 0) -> int:
        if flags:
            _check_flags("send", flags)
        if isinstance(self._file, Datagrams):
            self._check_open()
            return self._send_datagram(bytes(data), self._file.remote)
        stream = self._stream()
        if self._timeout != 0.0:
            self._wait(EVENT_WRITE, "send")
        return stream.send(bytes(data))

    def sendall(self, data: Any, flags: int = 0) -> None:
        view, before = memoryview(data).cast("B"), self._timeout
        deadline = self._network.deadline(before)
        try:
            while view:
                view = view[self.send(view, flags) :]
                self._timeout = self._network.left(deadline) if before else before
        finally:
            self._timeout = before

    def sendto(self, data: Any, *rest: Any) -> int:
        self._check_open()
        _check_flags("sendto", *rest[:-1])
        if not isinstance(self._file, Datagrams):
            return self.send(data)
        return self._send_datagram(bytes(data), self._placed(rest[-1], LOOPBACK))

    def recv(self, size: int, flags: int = 0) -> bytes:
        return self.recvfrom(size, flags)[0]

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, Any]:
        peeks = False
        if flags:
            peeks = bool(flags & _PEEK)
            _check_flags("recv", flags & ~_PEEK)
        file = self._file if isinstance(self._file, Datagrams) else self._stream()
        if self._timeout != 0.0 and not flags & _NOW:
            self._wait(EVENT_READ, "recv")
        if isinstance(file, Stream):
            return file.peek(size) if peeks else file.receive(size), None
        data, sender = file.peek() if peeks else file.receive()  # of which a closed socket has none
        return data[:size], self._spelled(sender)

    def shutdown(self, how: int) -> None:
        stream = self._stream()
        if how in (socket.SHUT_WR, socket.SHUT_RDWR):
            stream.finish()
        if how in (socket.SHUT_RD, socket.SHUT_RDWR):
            stream.end()

    def _real_close(self, *_: Any) -> None:
        fd, self._fd = self._fd, -1
        if fd != -1:
            self._close_hard()
            self._network.close(fd)
            self._file = self._network.nothing

    def _close_hard(self) -> None:
        linger = self._options.get((socket.SOL_SOCKET, socket.SO_LINGER))
        if linger is None or not isinstance(self._file, Stream):
            return
        lingers, seconds = struct.unpack("ii", linger)
        if lingers and not seconds:
            self._file.reset()  # lingering for no time: the connection is broken, not ended

    # How.

    def _become(self, file: File) -> None:
        self._network.rebind(self._file, file)
        self._network.reopen(self._fd, file)
        self._file = file

    def _stream(self) -> Stream:
        self._check_open()
        if isinstance(self._file, Stream):
            return self._file
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))

    def _send_datagram(self, data: bytes, address: Address | None) -> int:
        if address is None:
            raise OSError(errno.EDESTADDRREQ, os.strerror(errno.EDESTADDRREQ))
        assert isinstance(self._file, Datagrams)
        self._name_datagrams()
        self._network.send(self._file, data, address)
        return len(data)

    def _name_datagrams(self) -> None:
        assert isinstance(self._file, Datagrams)
        if self._file.local is None and self._kind[0] != socket.AF_UNIX:
            self.bind(self._anywhere())

    def _anywhere(self) -> tuple[str, int]:
        if self._kind[0] not in ANY:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return ANY[self._kind[0]], 0

    def _placed(self, address: Any, nowhere: dict[int, str] = ANY) -> Address:
        """The address that a program means, where none at all means that one of these."""
        family = self._kind[0]
        if family == socket.AF_UNIX:
            return os.fsdecode(address)
        name, port = self._network.resolve(address[0] or ANY[family], family), int(address[1])
        if family_of(name) != family:
            raise socket.gaierror(socket.EAI_FAMILY, f"{address[0]!r} has no address of the socket's family")
        if not 0 <= port <= 65_535:
            raise OverflowError("port must be 0-65535.")
        return nowhere[family] if name == ANY[family] else name, port

    def _spelled(self, address: Address | None) -> Any:
        if self._kind[0] == socket.AF_UNIX:
            return address or ""
        if address is None:
            address = self._anywhere()
        return (*address, 0, 0) if self._kind[0] == socket.AF_INET6 else address

    def _wait(self, events: int, what: str, seconds: float | None = None) -> None:
        """Have the thread that calls wait until the file is ready for what it wants to do."""
        self._network.offer()
        file, seconds = self._file, self._timeout if seconds is None else seconds
        if not file.events(events) and not self._network.wait([(file, events)], f"socket.{what}()", seconds):
            raise TimeoutError("timed out")

    def _await_connection(self, stream: Stream) -> None:
        patience = _PATIENCE if self._timeout is None else min(self._timeout, _PATIENCE)
        try:
            self._wait(EVENT_WRITE, "connect", patience)
        except TimeoutError:
            if patience == self._timeout:
                raise
            stream.error = errno.ETIMEDOUT
        if error := stream.pop_error():
            self._become(File(self._network, "socket"))  # which may try again
            raise OSError(error, os.strerror(error))


def _check_flags(what: str, flags: int = 0) -> None:
    if flags & ~_HARMLESS:
        raise Forbidden(f"socket.{what}() with flags {flags:#x}", "call it without flags")
