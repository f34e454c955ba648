"""`ssl.SSLSocket` over a socket of a live run."""

from __future__ import annotations

import ssl
import weakref
from typing import TYPE_CHECKING, Any

from detrun.live.sockets import LiveSocket

if TYPE_CHECKING:
    from detrun.live.lines import Line

_SLOTS = {name: vars(LiveSocket)[name] for name in ("recv", "send")}


class LiveSecureSocket(ssl.SSLSocket, LiveSocket):  # type: ignore[misc]  # CPython's class refuses sendmsg, whatever it is given
    """What `SSLContext.wrap_socket` gives: CPython's own class, over the methods of the live socket."""

    def _open(self, line: Line) -> None:
        super()._open(line)
        # What is made for each socket stays below: its own is CPython's, which decrypts.
        for name, slot in _SLOTS.items():
            slot.__set__(self, vars(self).pop(name))


class SocketCarrier:
    """Carries records over a socket; one that blocks waits for them."""

    def __init__(self, sock: LiveSocket) -> None:
        # The socket has the connection, the connection has this.
        self._sock = weakref.ref(sock)
        self._unsent = b""

    def take(self) -> tuple[bytes, bool]:
        """What is there without being asked for: nothing."""
        return b"", False

    def more(self) -> tuple[bytes, bool] | None:
        """What comes next, and whether that is the end; None if nothing has come yet."""
        self.flush()
        try:
            data: bytes = _SLOTS["recv"].__get__(self._opened())(64 * 1024)
        except BlockingIOError:
            return None
        return data, not data

    def put(self, data: bytes) -> None:
        """Send this as soon as there is room."""
        self._unsent += data
        self.flush()

    def flush(self) -> bool:
        """Send what there is room for; whether that was all."""
        send: Any = _SLOTS["send"].__get__(self._opened())
        try:
            while self._unsent:
                self._unsent = self._unsent[send(self._unsent) :]
        except BlockingIOError:
            return False
        return True

    def _opened(self) -> LiveSocket:
        sock = self._sock()
        assert sock is not None  # who calls has the connection from it
        return sock


class BufferCarrier:
    """Carries records by the two buffers of `SSLContext.wrap_bio`."""

    def __init__(self, buffers: Any) -> None:
        self._incoming, self._outgoing = buffers.incoming, buffers.outgoing

    def take(self) -> tuple[bytes, bool]:
        return self._incoming.read(), self._incoming.eof

    def more(self) -> None:
        """Whoever has the buffers brings more."""

    def put(self, data: bytes) -> None:
        self._outgoing.write(data)

    def flush(self) -> bool:
        return True
