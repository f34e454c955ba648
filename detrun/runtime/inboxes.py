"""Inboxes: what has come for a socket and was not taken yet, and who waits for it.

Nothing is lost that comes early: it stays here until the socket is accepted, and then until somebody reads it or
listens. The close is known as soon as it comes, and is told of behind the messages that came before it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from detrun.errors import SocketClosed
from detrun.runtime.scopes import SCOPE
from detrun.runtime.socket_events import CLOSE, ERROR, MESSAGE, CloseEvent, ErrorEvent, Listeners, MessageEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from detrun.runtime.frames import Close
    from detrun.runtime.scopes import Scope


class Inbox:
    """What has come for one socket, in order; messages go to those who read, or to listeners if there are any."""

    __slots__ = (
        "_listeners",
        "_reader",
        "_told",
        "_waiters",
        "_wakes",
        "accepted",
        "end",
        "error",
        "messages",
        "scope",
    )

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.accepted = False
        self.messages: deque[str | bytes] = deque()
        self.end: Close | None = None
        self.error: Exception | None = None
        self._listeners = Listeners()
        self._waiters: list[asyncio.Future[None]] = []
        # Who read last, and so will read the end.
        self._reader: asyncio.Task[Any] | None = None
        self._wakes = self._told = False

    def accept(self) -> None:
        """Give out what has come, and what will come."""
        self.accepted = True
        self._stir()

    def put(self, message: str | bytes) -> None:
        """A message has come."""
        self.messages.append(message)
        self._stir()

    def close(self, end: Close) -> None:
        """There will be nothing more. Whoever reads is left time for what he does at the end."""
        self.end = end
        if self._reader is not None and not self._reader.done():
            self.scope.linger(self._reader)
        self._stir()

    def listen(self, kind: str, listener: Callable[..., object]) -> None:
        """Call somebody when something comes, and now if something has."""
        self._listeners.add(kind, listener)
        self._stir()

    def ignore(self, kind: str, listener: Callable[..., object]) -> None:
        """Call him no more."""
        self._listeners.remove(kind, listener)

    async def next(self) -> str | bytes:
        """The next message; raises `SocketClosed` after the last."""
        if self._listeners.of(MESSAGE):
            raise RuntimeError("expected no listener for messages where `receive` is used: it has them all")
        self._reader = asyncio.current_task()
        while not self.messages:
            if self.end is not None:
                raise SocketClosed(self.end.code, self.end.reason, self.end.clean)
            waiter = self.scope.context.loop.create_future()
            self._waiters.append(waiter)
            await waiter
        return self.messages.popleft()

    def _stir(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()
        if self.accepted and self._listeners and not self._wakes and (self.messages or self.end is not None):
            self._wakes = True
            if self.end is not None:
                # Nothing else holds the scope any more.
                self.scope.hold(self)
            variables = copy_context()
            variables.run(SCOPE.set, self.scope)
            self.scope.context.loop.call_soon(self._tell, context=variables)

    def _tell(self) -> None:
        self._wakes = False
        # Who has been told that it is closed gets no message after that.
        while self.messages and not self._told and not self.scope.ended and self._listeners.of(MESSAGE):
            self._call(self._listeners.of(MESSAGE), MESSAGE, MessageEvent(self.messages.popleft()))
        if self.end is not None and not self.scope.ended:
            self._tell_end(self.end)
        self.scope.release(self)

    def _tell_end(self, end: Close) -> None:
        self._told = True
        if self.error is not None:
            self._call(self._listeners.taken(ERROR), ERROR, ErrorEvent(self.error))
        self._call(self._listeners.taken(CLOSE), CLOSE, CloseEvent(end.code, end.reason, end.clean))

    def _call(self, listeners: list[Callable[..., object]], kind: str, event: object) -> None:
        what = f"a listener for the {kind} of a socket"
        for listener in list(listeners):
            try:
                result = listener(event)
            except Exception as error:
                self.scope.report(error, what)
                continue
            if inspect.isawaitable(result):
                self.scope.spawn(lambda going=result: going, what)  # type: ignore[misc]
