"""TLS of a live run: OpenSSL is asked at the edge, below `ssl.SSLObject`; at replay it does not run."""

from __future__ import annotations

import ssl
import weakref
from _ssl import _SSLContext
from typing import TYPE_CHECKING, Any

from detrun.journal.entries import InputKind
from detrun.live.encoding import decoded, encoded, outcome
from detrun.live.greeting import Greeting

if TYPE_CHECKING:
    from detrun.live.edge import Edge
    from detrun.live.secure import BufferCarrier, SocketCarrier
    from detrun.scheduler.origins import Origin

# Who writes more comes again, as with all that does not fit.
_LONGEST = 256 * 1024
# What is not begun while something has to be sent yet.
_WAITING = {"do_handshake", "read", "write", "shutdown"}
_wrap: Any = _SSLContext._wrap_bio  # type: ignore[attr-defined]


class LiveTls:
    """One end of a TLS connection, with the methods that `ssl` calls of OpenSSL's.

    OpenSSL has buffers of its own: what the program put into its buffer is handed over with each call, and what came
    out is part of the answer.
    """

    session = None
    session_reused = False

    def __init__(
        self,
        edge: Edge,
        origin: Origin,
        context: Any,
        carrier: BufferCarrier | SocketCarrier,
        host: str | None,
        *,
        serves: bool,
    ) -> None:
        self.server_hostname, self.server_side = host, serves
        self._context = context
        self._edge, self._origin, self._carrier = edge, origin, carrier
        self._greeting = Greeting(context) if serves and context.sni_callback is not None else None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._real: Any = None
        self._owner: weakref.ref[Any] | None = None

    @property
    def context(self) -> Any:
        """The configuration, which a server may exchange once it knows the name that it is asked for."""
        return self._context

    @context.setter
    def context(self, context: Any) -> None:
        if not isinstance(context, ssl.SSLContext):
            raise TypeError("The value must be a SSLContext")
        self._context = context

    @property
    def owner(self) -> Any:
        """What the program knows this connection as."""
        return None if self._owner is None else self._owner()

    @owner.setter
    def owner(self, owner: Any) -> None:
        self._owner = weakref.ref(owner)

    def do_handshake(self) -> None:
        self._call("do_handshake")
        self._answered = None  # nobody is asked again

    def read(self, size: int, buffer: Any = None) -> bytes | int:
        if buffer is None:
            return bytes(self._call("read", size))
        with memoryview(buffer) as whole, whole.cast("B") as view:
            data = self._call("read", size if 0 < size <= len(view) else len(view))
            view[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        return int(self._call("write", bytes(data[:_LONGEST])))

    def shutdown(self) -> Any:
        self._call("shutdown")
        owner = self.owner
        return owner if isinstance(owner, ssl.SSLSocket) else None

    def version(self) -> Any:
        return self._call("version")

    def cipher(self) -> Any:
        return self._call("cipher")

    def shared_ciphers(self) -> Any:
        return self._call("shared_ciphers")

    def compression(self) -> Any:
        return self._call("compression")

    def selected_alpn_protocol(self) -> Any:
        return self._call("selected_alpn_protocol")

    def getpeercert(self, binary_form: bool = False) -> Any:  # noqa: FBT001, FBT002  # as OpenSSL's is called
        return self._call("getpeercert", binary_form)

    def get_channel_binding(self, cb_type: str = "tls-unique") -> Any:
        return self._call("get_channel_binding", cb_type)

    def pending(self) -> int:
        return int(self._call("pending"))

    def verify_client_post_handshake(self) -> None:
        self._call("verify_client_post_handshake")

    def _call(self, name: str, *arguments: Any) -> Any:
        if name in _WAITING and not self._carrier.flush():
            raise ssl.SSLWantWriteError(ssl.SSL_ERROR_WANT_WRITE, "The operation did not complete (write)")
        arrived, ended = self._carrier.take()
        while True:
            if self._greeting is not None:
                arrived = self._greeted(arrived)
            said, left = decoded(
                self._edge.ask(InputKind.TLS, self._origin, self._performed, name, arguments, arrived, ended)
            )
            if left:
                self._carrier.put(left)
            try:
                return decoded(said)
            except ssl.SSLWantReadError:
                more = self._carrier.more()
                if more is None:
                    raise
                arrived, ended = more

    def _greeted(self, arrived: bytes) -> bytes:
        """What OpenSSL may have of what arrived: nothing until the program knows by which name it is asked for."""
        greeting = self._greeting
        assert greeting is not None
        greeting.hello += arrived
        names = decoded(self._edge.ask(InputKind.TLS, self._origin, greeting.names))
        if not names:
            return b""
        greeting.answer(self, names[0])
        self._greeting, self._answered = None, greeting
        return bytes(greeting.hello)

    _answered: Greeting | None = None

    def _performed(self, name: str, arguments: tuple[Any, ...], arrived: bytes, ended: bool) -> bytes:  # noqa: FBT001
        if self._real is None:
            context = self._context if self._answered is None else self._answered.context
            self._real = _wrap(context, self._incoming, self._outgoing, self.server_side, self.server_hostname)
        if arrived:
            self._incoming.write(arrived)
        if ended and not self._incoming.eof:
            self._incoming.write_eof()
        if self._answered is None:
            said = outcome(getattr(self._real, name), *arguments)
        else:
            with self._answered.given(self._context):
                said = outcome(getattr(self._real, name), *arguments)
        return encoded((said, self._outgoing.read()))
