"""`ssl.SSLSocket` over a simulated socket."""

from __future__ import annotations

import ssl
import weakref

from detrun.scheduler.network.sockets import Socket


class SecureSocket(ssl.SSLSocket, Socket):  # type: ignore[misc]  # CPython's class refuses sendmsg, whatever it is given
    """What `SSLContext.wrap_socket` gives: CPython's own class, over the methods of the simulated socket."""


class SocketCarrier:
    """Carries records over a socket; one that blocks waits for them."""

    def __init__(self, sock: Socket) -> None:
        # The socket has the connection, the connection has this.
        self._sock = weakref.ref(sock)

    def receive(self, size: int) -> bytes | None:
        try:
            return Socket.recvfrom(self._opened(), size)[0]
        except BlockingIOError:
            return None

    def send(self, data: bytes) -> int:
        try:
            return Socket.send(self._opened(), data)
        except BlockingIOError:
            return 0

    def _opened(self) -> Socket:
        sock = self._sock()
        assert sock is not None  # who calls has the connection from it
        return sock
