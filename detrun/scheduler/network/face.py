"""What `socket.socket` looks like, for whoever stands in its place: libraries make and ask those themselves."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Iterable

FLAGS = getattr(socket, "SOCK_NONBLOCK", 0) | getattr(socket, "SOCK_CLOEXEC", 0)


class Face(socket.socket):
    """A socket that the machine knows nothing of: it has a descriptor of its own, and all else is for others to say."""

    __slots__ = ("_fd", "_kind", "_timeout")
    _fd: int
    _network: Any

    def _begin(self, family: int, kind: int, proto: int) -> None:
        self._io_refs, self._closed = 0, False
        self._kind = (
            socket.AF_INET if family == -1 else family,
            socket.SOCK_STREAM if kind == -1 else kind & ~FLAGS,
            max(proto, 0),
        )
        self._timeout: float | None = socket.getdefaulttimeout()

    def __del__(self) -> None:
        # As the machine does with a socket that nobody has any more: the other end learns of it.
        if getattr(self, "_fd", -1) != -1:
            self._real_close()

    @property
    def family(self) -> Any:
        return socket.AddressFamily(self._kind[0])

    @property
    def type(self) -> Any:
        return socket.SocketKind(self._kind[1])

    @property
    def proto(self) -> int:
        return self._kind[2]

    @property
    def timeout(self) -> float | None:
        return self._timeout

    def fileno(self) -> int:
        return self._fd

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0.0)

    def settimeout(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise ValueError("Timeout value out of range")
        self._timeout = value

    def gettimeout(self) -> float | None:
        return self._timeout

    def getblocking(self) -> bool:
        return self._timeout != 0.0

    def get_inheritable(self) -> bool:
        return False

    def set_inheritable(self, inheritable: bool) -> None:
        """Nobody inherits: there are no children."""

    def connect_ex(self, address: Any) -> int:
        try:
            self.connect(address)
        except OSError as error:
            return error.errno or errno.EAGAIN
        return 0

    def sendmsg(self, buffers: Iterable[Any], *rest: Any) -> int:
        if any(rest):
            raise Forbidden("socket.sendmsg() with more than data", "send what matters as data")
        return self.send(b"".join(map(bytes, buffers)))

    def sendall(self, data: Any, flags: int = 0) -> None:
        view = memoryview(data).cast("B")
        while view:
            view = view[self.send(view, flags) :]

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        view = memoryview(buffer).cast("B")
        data = self.recv(size or len(view), flags)
        view[: len(data)] = data
        return len(data)

    def recvfrom_into(self, buffer: Any, size: int = 0, flags: int = 0) -> tuple[int, Any]:
        view = memoryview(buffer).cast("B")
        data, sender = self.recvfrom(size or len(view), flags)
        view[: len(data)] = data
        return len(data), sender

    def recvmsg(self, *_: Any) -> Any:
        raise Forbidden("socket.recvmsg()", "use socket.recv()")

    def recvmsg_into(self, *_: Any) -> Any:
        raise Forbidden("socket.recvmsg_into()", "use socket.recv_into()")

    def detach(self) -> int:
        self._closed, fd, self._fd = True, self._fd, -1
        return fd

    def dup(self) -> Any:
        raise Forbidden("socket.dup()", "hand over the socket itself")

    def _real_close(self, *_: Any) -> None:
        """Let go of what the descriptor stands for."""

    def _check_open(self) -> None:
        if self._fd == -1:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
