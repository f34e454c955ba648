"""Sockets: pairs of ends, where what is sent at one comes out at the other, wherever that has got to.

Whom an end talks to is its peer: the other end of its pair, or what carries messages to another context (see
`bridges`). Both peers take the same frames, so that a pair in one scope and one over any number of hops are alike.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from detrun.errors import NotAccepted, Released, SocketClosed
from detrun.runtime.frames import Binary, Close, Text
from detrun.runtime.http.request import Request
from detrun.runtime.inboxes import Inbox
from detrun.runtime.ownership import Made
from detrun.runtime.scopes import current

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from detrun.runtime.scopes import Scope

LARGEST = 32 * 1024 * 1024
"""Bytes of a message that a socket takes."""
NORMAL, TOO_BIG, FAILED = 1000, 1009, 1011
# Those that are an application's own to give a meaning.
_LEAST, _MOST = 3000, 4999
_LONGEST_REASON = 123

GONE = Close(1006, "", clean=False)
"""What whoever is left makes of it that the other one is gone."""


class ReadyState(IntEnum):
    """How far a socket has come in its life."""

    CONNECTING = 0
    OPEN = 1
    CLOSING = 2
    CLOSED = 3


class Peer(Protocol):
    """Whom an end talks to."""

    peer: Peer

    @property
    def waiting(self) -> int:
        """How many bytes it has taken that have got no further."""

    def put(self, frame: Text | Binary | Close) -> None:
        """Take a frame. After a close there is no other, and each close is answered by one."""

    def hold(self) -> None:
        """Have the scope go on while this is open."""


class WebSocket(Made):
    """One end of a socket: `send`, and `receive` or listeners. It belongs to the scope that made or received it."""

    __slots__ = ("_closing", "_pair", "_shipped", "inbox", "peer", "protocol")
    kind = "a socket"
    peer: Peer

    def __init__(self, scope: Scope, pair: Pair | None = None, protocol: str = "") -> None:
        super().__init__(scope)
        self.protocol = protocol
        self.inbox = Inbox(scope)
        self._pair = pair
        self._closing = self._shipped = False

    @property
    def ready_state(self) -> ReadyState:
        """Closed as soon as the close has come, also while there are messages from before it that nobody read."""
        if self.inbox.end is not None:
            return ReadyState.CLOSED
        if self._closing:
            return ReadyState.CLOSING
        return ReadyState.OPEN if self.inbox.accepted else ReadyState.CONNECTING

    @property
    def close_code(self) -> int | None:
        """The code that it was closed with."""
        return None if self.inbox.end is None else self.inbox.end.code

    @property
    def close_reason(self) -> str | None:
        """What was said at the close."""
        return None if self.inbox.end is None else self.inbox.end.reason

    @property
    def was_clean(self) -> bool | None:
        """Whether both ends know of the close, or one was gone."""
        return None if self.inbox.end is None else self.inbox.end.clean

    @property
    def buffered_amount(self) -> int:
        """How many bytes that were sent have not come to the other context yet, or not to who reads there."""
        return self.peer.waiting

    def accept(self) -> None:
        """Begin to use it: what has come is given out. A second time does nothing."""
        self._check()
        if not self.inbox.accepted:
            self.inbox.accept()
            self.peer.hold()

    def send(self, message: str | bytes | bytearray | memoryview) -> None:
        """Send a message; if the other end is closed, nobody gets it."""
        self._check_accepted("send")
        frame = _frame(message)
        if self._closing:
            raise SocketClosed(self.close_code or NORMAL, self.close_reason or "", self.was_clean is not False)
        if self.inbox.end is None:
            self.peer.put(frame)

    async def receive(self) -> str | bytes:
        """The next message; raises `SocketClosed` after the last."""
        self._check_accepted("receive")
        return await self.inbox.next()

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            return await self.receive()
        except SocketClosed:
            raise StopAsyncIteration from None

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close both ends, if they are not closed: what comes from now on is dropped, and so is what was not read."""
        self._check()
        if code != NORMAL and not _LEAST <= code <= _MOST:
            raise ValueError(f"expected a code that is {NORMAL} or from {_LEAST} to {_MOST}, got {code!r}")
        length = len(reason.encode())
        if length > _LONGEST_REASON:
            raise ValueError(f"expected a reason of at most {_LONGEST_REASON} bytes in UTF-8, got {length}: {reason!r}")
        self.end(code, reason)

    def end(self, code: int, reason: str) -> None:
        """Close it with any code, those of the runtime's own included."""
        if not self._closing and self.inbox.end is None:
            self._closing = True
            self.inbox.messages.clear()
            self.peer.put(Close(code, reason, clean=True))

    def add_event_listener(self, kind: str, listener: Callable[..., object]) -> None:
        """Have something called for each "message", for the "error" or the "close", also for what came before."""
        self._check()
        self.inbox.listen(kind, listener)

    def remove_event_listener(self, kind: str, listener: Callable[..., object]) -> None:
        """Have it called no more."""
        self._check()
        self.inbox.ignore(kind, listener)

    def __repr__(self) -> str:
        return f"<WebSocket {'sent away' if self._shipped else self.ready_state.name.lower()}>"

    def __reduce__(self) -> str:
        raise TypeError("a socket cannot be copied or pickled: return it in a response")

    @property
    def waiting(self) -> int:
        """How many bytes nobody has read yet."""
        return sum(map(_size, self.inbox.messages))

    def put(self, frame: Text | Binary | Close) -> None:
        """Something came from the peer."""
        if self.inbox.end is not None:
            return
        if isinstance(frame, Close):
            self.inbox.close(frame)
            self._part()
            self.peer.put(frame)
        elif not self._closing:
            if _size(frame.data) > LARGEST:
                self._refuse_size(_size(frame.data))
            else:
                self.inbox.put(frame.data)

    def hold(self) -> None:
        """Do nothing: what is in a scope does not keep it."""

    def ship(self) -> None:
        """It is about to be sent away; raises if it cannot be."""
        self._check()
        self._shipped = True

    def keep(self) -> None:
        """It was not sent away after all."""
        self._shipped = False

    def leave(self) -> list[Text | Binary | Close]:
        """It is sent away: what came for it goes along."""
        self._part()
        left: list[Text | Binary | Close] = [_frame(message) for message in self.inbox.messages]
        if self.inbox.end is not None:
            left.append(self.inbox.end)
        self.inbox.messages.clear()
        return left

    def _refuse_size(self, size: int) -> None:
        reason = f"a message of {size:,} bytes, at most {LARGEST:,} are taken"
        self.inbox.error = ValueError(reason)
        self.inbox.close(Close(TOO_BIG, reason, clean=False))
        self._part()
        self.peer.put(Close(TOO_BIG, reason, clean=True))

    def _part(self) -> None:
        if self._pair is not None:
            self._pair.forget()

    def _check(self) -> None:
        self.check()
        if self._shipped:
            raise Released("the socket was sent away in a response", "who got it there has it; use the other end")

    def _check_accepted(self, what: str) -> None:
        self._check()
        if not self.inbox.accepted:
            raise NotAccepted(f"expected a socket that was accepted before {what}(): call accept() first")


class Pair:
    """Two ends of a socket that are both still in the scope in which they were made."""

    __slots__ = ("_ends", "_scope")
    expects = only_if_asked = False

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._ends = client, server = WebSocket(scope, self), WebSocket(scope, self)
        client.peer, server.peer = server, client
        scope.handles[self] = None

    @property
    def ends(self) -> tuple[WebSocket, WebSocket]:
        """The two."""
        return self._ends

    def forget(self) -> None:
        """One of them is elsewhere now, or they are closed."""
        self._scope.handles.pop(self, None)

    def refuse(self, close: Close) -> None:
        """The request that this was made for gets no socket: an end that was accepted has nobody to talk to."""
        for end in self._ends:
            if not end.inbox.accepted:
                end.peer.put(close)

    def tear_down(self, error: BaseException) -> None:
        """The scope is over."""
        for end in self._ends:
            end.put(GONE)

    def retire(self) -> None:
        """Nobody outside knows of it."""


def WebSocketPair() -> tuple[WebSocket, WebSocket]:  # noqa: N802  # the platform's name for it
    """Two ends of a new socket: one to be returned in a response, and one to keep."""
    return Pair(current("a new socket")).ends


def refused(status: int) -> Close:
    """What whoever has begun to use a socket is told when the request for it is answered with something else."""
    return Close(FAILED, f"the request for a socket was answered with status {status}", clean=True)


def refuse(scope: Scope, request: Any, close: Close) -> None:
    """A request gets no socket: if it asked for one, what was begun for it ends."""
    if isinstance(request, Request) and (request.headers.get("upgrade") or "").lower() == "websocket":
        for pair in [handle for handle in scope.handles if isinstance(handle, Pair)]:
            pair.refuse(close)


def _frame(message: Any) -> Text | Binary:
    if isinstance(message, str):
        if not message.isascii():
            _check_text(message)
        return Text(message)
    if isinstance(message, (bytes, bytearray, memoryview)):
        return Binary(bytes(message))
    raise TypeError(f"expected a message that is text or bytes, got {message!r}")


def _check_text(message: str) -> None:
    try:
        message.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"expected text that UTF-8 has, got a lone surrogate at {error.start}: {message!r}") from None


def _size(data: str | bytes) -> int:
    if isinstance(data, bytes) or data.isascii():
        return len(data)
    return len(data.encode())
