"""Where TLS connections are made: inside a run a simulated one takes the place of OpenSSL's."""

from __future__ import annotations

import ssl
from _ssl import _SSLContext
from typing import TYPE_CHECKING, Any

from detrun.scheduler.network.records import Buffers
from detrun.scheduler.network.secure import Line
from detrun.scheduler.network.sockets import Socket
from detrun.scheduler.network.tls import Connection

if TYPE_CHECKING:
    from collections.abc import Callable


def catch_tls(running: Callable[[], bool]) -> None:
    """Put a dispatcher where `ssl.SSLObject` and `ssl.SSLSocket` get what they are a face of."""
    # Not `ssl.SSLContext`, which others replace with subclasses of it.
    context: Any = next(cls for cls in ssl.SSLContext.__mro__ if _SSLContext in cls.__bases__)
    wrap_bio, wrap_socket = _SSLContext._wrap_bio, _SSLContext._wrap_socket  # type: ignore[attr-defined]

    def wrap_buffers(self: Any, incoming: Any, outgoing: Any, server_side: bool, **options: Any) -> Any:
        if not running():
            return wrap_bio(self, incoming, outgoing, server_side, **options)
        return _connection(self, Buffers(incoming, outgoing), server_side, **options)

    def wrap_line(self: Any, sock: Any, server_side: bool, server_hostname: Any = None, **options: Any) -> Any:
        if not isinstance(sock, Socket):
            return wrap_socket(self, sock, server_side, server_hostname, **options)
        return _connection(self, Line(sock), server_side, server_hostname, **options)

    context._wrap_bio, context._wrap_socket = wrap_buffers, wrap_line


def _connection(
    context: Any,
    carrier: Any,
    server_side: bool,
    server_hostname: str | None = None,
    *,
    owner: Any,
    session: Any = None,
) -> Connection:
    if session is not None:
        raise TypeError("Value is not a SSLSession.")
    made = Connection(context, carrier, server_hostname, serves=server_side)
    made.owner = owner
    return made
