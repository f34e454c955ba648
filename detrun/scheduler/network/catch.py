"""Where sockets and TLS connections are made and names are looked up: inside a run, its network answers."""

from __future__ import annotations

import _socket
import socket
import ssl
from _ssl import _SSLContext
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.scheduler.network.face import Face
from detrun.scheduler.network.records import Buffers

if TYPE_CHECKING:
    from detrun.scheduler.network.network import Network


# The network of the run that the calling thread is part of, if it is part of one.
Current = Callable[[], "Network | None"]
# What the C module answers that `socket` is a face of, under the names of both.
_NAMES = {
    "getaddrinfo": "addresses",
    "getnameinfo": "names",
    "gethostbyaddr": "host",
    "gethostbyname": "address",
    "gethostbyname_ex": "aliases",
}


def catch_sockets(current: Current) -> None:
    """Put a dispatcher where sockets are made: `socket.socket` itself, under whatever name it is called."""
    real, pair = socket.socket.__new__, _socket.socketpair

    def new(cls: Any, *args: Any, **options: Any) -> Any:
        network = current()
        if network is None or issubclass(cls, Face):
            return real(cls, *args, **options)
        # Its kinds are subclasses, whose `__init__` is called next.
        kind = network.kinds.get(cls)
        if kind is None:
            raise Forbidden(f"a {cls.__name__} of its own", "use socket.socket or the loop's create_connection()")
        return kind.of(network)

    def new_pair(*kind: int) -> Any:
        network = current()
        return pair(*kind) if network is None else network.kinds[socket.socket].pair(network, *kind)

    setattr(socket.socket, "__new__", new)  # noqa: B010  # types forbid to assign it
    _dispatch("socketpair", new_pair)


def catch_names(current: Current) -> None:
    """Put a dispatcher where names are looked up without a loop."""
    for name, answer in _NAMES.items():
        _dispatch(name, _asked(current, answer, getattr(_socket, name)))


def _asked(current: Current, answer: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(real)
    def ask(*question: Any, **options: Any) -> Any:
        network = current()
        return real(*question, **options) if network is None else network.look_up(answer, *question, **options)

    return ask


def _dispatch(name: str, function: Callable[..., Any]) -> None:
    # `socket` calls some of them in the C module and hands on others: those that it has as they are change in both.
    if getattr(socket, name) is getattr(_socket, name):
        setattr(socket, name, function)
    setattr(_socket, name, function)


def catch_tls(current: Current) -> None:
    """Put a dispatcher where `ssl.SSLObject` and `ssl.SSLSocket` get what they are a face of."""
    # Not `ssl.SSLContext`, which others replace with subclasses of it.
    context: Any = next(cls for cls in ssl.SSLContext.__mro__ if _SSLContext in cls.__bases__)
    wrap_bio, wrap_socket = _SSLContext._wrap_bio, _SSLContext._wrap_socket  # type: ignore[attr-defined]

    def wrap_buffers(self: Any, incoming: Any, outgoing: Any, server_side: bool, **options: Any) -> Any:
        network = current()
        if network is None:
            return wrap_bio(self, incoming, outgoing, server_side, **options)
        return _connection(network, self, Buffers(incoming, outgoing), server_side, **options)

    def wrap_line(self: Any, sock: Any, server_side: bool, server_hostname: Any = None, **options: Any) -> Any:
        network = sock._network if isinstance(sock, Face) else None
        if network is None:
            return wrap_socket(self, sock, server_side, server_hostname, **options)
        return _connection(network, self, network.carrier(sock), server_side, server_hostname, **options)

    context._wrap_bio, context._wrap_socket = wrap_buffers, wrap_line


def _connection(
    network: Network,
    context: Any,
    carrier: Any,
    server_side: bool,
    server_hostname: str | None = None,
    *,
    owner: Any,
    session: Any = None,
) -> Any:
    if session is not None:
        raise TypeError("Value is not a SSLSession.")
    made = network.secured(context, carrier, server_hostname, serves=server_side)
    made.owner = owner
    return made
