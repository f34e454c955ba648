"""`ssl.SSLSocket` over a simulated socket."""

from __future__ import annotations

import ssl
import weakref

from detrun.errors import Forbidden
from detrun.scheduler.network.sockets import Socket


class SecureSocket(ssl.SSLSocket, Socket):  # type: ignore[misc]  # CPython's class refuses sendmsg, whatever it is given
    """What `SSLContext.wrap_socket` gives: CPython's own class, over the methods of the simulated socket."""


class Line:
    """Carries records over a socket, which must not block."""

    def __init__(self, sock: Socket) -> None:
        # The socket has the connection, the connection has this.
        self._sock = weakref.ref(sock)

    def receive(self, size: int) -> bytes | None:
        try:
            return self._opened()._stream().receive(size)
        except BlockingIOError:
            self._refuse_to_block()
            return None

    def send(self, data: bytes) -> int:
        try:
            return self._opened()._stream().send(data)
        except BlockingIOError:
            self._refuse_to_block()
            return 0

    def _opened(self) -> Socket:
        sock = self._sock()
        assert sock is not None  # who calls has the connection from it
        return sock

    def _refuse_to_block(self) -> None:
        if self._opened().gettimeout() != 0.0:
            self._opened().close()  # `ssl` would, but for errors that it knows only
            hint = "use ssl= of the loop's methods, or set it non-blocking and do_handshake_on_connect=False"
            raise Forbidden("TLS on a blocking socket", hint)
