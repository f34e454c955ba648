"""Bridges: the ends of a session that carry a socket, so that one end of a pair can be in another context.

A socket that arrives and is sent on is two bridges of one scope that are each other's peers. So a chain is of any
length, and each of its hops does the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detrun.runtime.encoding.packing import Refused
from detrun.runtime.frames import Close
from detrun.runtime.scopes import log
from detrun.runtime.sessions import Lasting
from detrun.runtime.sockets import GONE, WebSocket

if TYPE_CHECKING:
    from detrun.runtime.carrying import Carrier
    from detrun.runtime.frames import Binary, Text
    from detrun.runtime.http.headers import Headers
    from detrun.runtime.scopes import Scope
    from detrun.runtime.sessions import Side
    from detrun.runtime.sockets import Peer

RESTART = Close(1012, "Service Restart", clean=True)
"""What both ends are told when a generation is stopped."""


class Bridge(Lasting):
    """What its peer sends goes to the other context, and what comes from there goes to its peer.

    It is open until a close has gone each way, and holds its scope so long if somebody uses it.
    """

    __slots__ = ("_got", "_sent", "peer")
    expects = only_if_asked = True
    # No generation waits for a socket to be closed.
    pins = False
    peer: Peer

    def __init__(self, side: Side, scope: Scope, number: int = 0) -> None:
        super().__init__(side, scope, number)
        # Whether a close came, and whether one was sent.
        self._got = self._sent = False

    @property
    def waiting(self) -> int:
        """How many bytes are on their way."""
        return self.side.line.waiting(self.number)

    def put(self, frame: Text | Binary | Close) -> None:
        """Something came from the peer."""
        if self._sent:
            return
        if isinstance(frame, Close):
            self._sent = True
            self.send(frame, "close of a socket")
            self._settle()
        else:
            self.send(frame, "message of a socket")

    def hold(self) -> None:
        """Have the scope go on while this is open."""
        if not (self._got and self._sent):
            self.scope.hold(self)

    def take(self, frame: Text | Binary | Close) -> None:
        self._got = isinstance(frame, Close)
        self.peer.put(frame)
        self._settle()

    def tear_down(self, error: BaseException) -> None:
        if not self._sent:
            self.send(GONE, "loss of a socket")
        self.lose(error)

    def lose(self, error: BaseException) -> None:
        got, self._got, self._sent = self._got, True, True
        if not got:
            self.peer.put(GONE)
        self._settle()

    def retire(self) -> None:
        # Whatever the peer is, it answers, or is the way out on the other side.
        self.peer.put(RESTART)

    def _settle(self) -> None:
        if self._got and self._sent and self.number in self.side.ends:
            self.forget()
            self.scope.release(self)


class Shipped(Bridge):
    """The bridge of a socket that is sent away in a frame. Its peer is what was the socket's."""

    __slots__ = ("_begun", "_carrier", "_socket")

    def __init__(self, carrier: Carrier, socket: WebSocket) -> None:
        super().__init__(carrier.side, carrier.scope)
        self._carrier = carrier
        self._socket = socket
        self._begun = False
        self.hold()

    def begin(self) -> None:
        """The frame has left: take the socket's place."""
        self._begun = True
        if self._socket.inbox.accepted:
            log.warning(
                "in %s, %r was accepted before it was sent away: what was read is lost", self.scope.name, self._socket
            )
        self.peer, self._socket.peer.peer = self._socket.peer, self
        for frame in self._socket.leave():
            self.put(frame)

    def forget(self) -> None:
        super().forget()
        self._carrier.over(self)
        if not self._begun:
            self._socket.keep()


def shipped(carrier: Carrier, socket: Any) -> int:
    """The number by which a socket travels."""
    if not isinstance(socket, WebSocket):
        raise Refused(
            f"expected the web_socket of a response to be an end of a WebSocketPair, got {socket!r}",
            "return one end, and keep the other",
        )
    socket.ship()
    end = Shipped(carrier, socket)
    carrier.made.append(end)
    carrier.begins[end] = None
    return end.number


def received(carrier: Carrier, number: int, headers: Headers) -> WebSocket:
    """The socket that has arrived: it is to be accepted, or to be sent on."""
    bridge = Bridge(carrier.side, carrier.scope, number)
    socket = WebSocket(carrier.scope, protocol=headers.get("sec-websocket-protocol") or "")
    bridge.peer, socket.peer = socket, bridge
    return socket


def discard(side: Side, number: int) -> None:
    """A socket has arrived that nobody waits for."""
    side.send(number, GONE, "loss of a socket")
