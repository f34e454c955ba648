"""TLS of a live run: OpenSSL is asked at the edge, below `ssl.SSLObject`; at replay it does not run."""

from __future__ import annotations

import ssl
import weakref
from _ssl import _SSLContext
from functools import partial
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.journal.entries import InputKind
from detrun.live.encoding import decoded, encoded, outcome
from detrun.scheduler.network.records import Buffers

if TYPE_CHECKING:
    from detrun.live.edge import Edge
    from detrun.scheduler.origins import Origin

# Who writes more comes again, as with all that does not fit.
_LONGEST = 256 * 1024
_wrap: Any = _SSLContext._wrap_bio  # type: ignore[attr-defined]


class LiveTls:
    """One end of a TLS connection, with the methods that `ssl` calls of OpenSSL's.

    OpenSSL has buffers of its own: what the program put into its buffer is handed over with each call, and what came
    out is part of the answer.
    """

    session = None
    session_reused = False

    def __init__(
        self, edge: Edge, origin: Origin, context: Any, carrier: Any, host: str | None, *, serves: bool
    ) -> None:
        if not isinstance(carrier, Buffers):
            raise Forbidden("TLS on a socket", "use ssl= of the loop's methods, or SSLContext.wrap_bio()")
        self.context, self.server_hostname, self.server_side = context, host, serves
        self._edge, self._origin, self._carrier = edge, origin, carrier
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._real: Any = None
        self._owner: weakref.ref[Any] | None = None

    @property
    def owner(self) -> Any:
        """What the program knows this connection as."""
        return None if self._owner is None else self._owner()

    @owner.setter
    def owner(self, owner: Any) -> None:
        self._owner = weakref.ref(owner)

    def do_handshake(self) -> None:
        self._call("do_handshake")

    def read(self, size: int, buffer: Any = None) -> bytes | int:
        if buffer is None:
            return bytes(self._call("read", size))
        with memoryview(buffer) as whole, whole.cast("B") as view:
            data = self._call("read", size if 0 < size <= len(view) else len(view))
            view[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        return int(self._call("write", bytes(data[:_LONGEST])))

    def shutdown(self) -> None:
        self._call("shutdown")

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

    def _call(self, name: str, *arguments: Any) -> Any:
        arrived, ended = self._carrier.incoming.read(), self._carrier.incoming.eof
        asked = partial(self._performed, name, arguments, arrived, ended)
        said, left = decoded(self._edge.ask(InputKind.TLS, self._origin, asked))
        if left:
            self._carrier.outgoing.write(left)
        return decoded(said)

    def _performed(self, name: str, arguments: tuple[Any, ...], arrived: bytes, ended: bool) -> bytes:  # noqa: FBT001
        if self._real is None:
            self._real = _wrap(self.context, self._incoming, self._outgoing, self.server_side, self.server_hostname)
        if arrived:
            self._incoming.write(arrived)
        if ended and not self._incoming.eof:
            self._incoming.write_eof()
        said = outcome(getattr(self._real, name), *arguments)
        return encoded((said, self._outgoing.read()))
