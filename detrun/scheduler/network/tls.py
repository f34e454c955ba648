"""TLS without cryptography: what a simulation has in OpenSSL's place, below `ssl.SSLObject` and `ssl.SSLSocket`.

Handshake, records, alerts and farewells come as they do in TLS 1.3; what they carry is in the clear, and nobody is
authenticated.
"""

from __future__ import annotations

import ssl
import weakref
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden
from detrun.scheduler.network import alerts
from detrun.scheduler.network.dialogue import Dialogue
from detrun.scheduler.network.handshake import Handshake

if TYPE_CHECKING:
    from detrun.scheduler.network.certificates import Certificate
    from detrun.scheduler.network.records import Carrier

_CIPHERS = {
    ssl.TLSVersion.TLSv1_3: ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256),
    ssl.TLSVersion.TLSv1_2: ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2", 256),
}


class Connection:
    """One end of a TLS connection, with the methods that `ssl` calls of OpenSSL's."""

    def __init__(self, context: ssl.SSLContext, carrier: Carrier, host: str | None, *, serves: bool) -> None:
        _check(context, host, serves=serves)
        self.server_side = serves
        self.server_hostname = host
        self.session_reused = False
        tolerates_end = bool(context.options & ssl.OP_IGNORE_UNEXPECTED_EOF)
        self._dialogue = Dialogue(carrier, serves=serves, tolerates_end=tolerates_end)
        self._handshake = Handshake(self._dialogue, context, host, serves=serves)
        self._plain = b""
        self._writing: int | None = None

    # What it is.

    @property
    def owner(self) -> Any:
        """What the program knows this connection as."""
        return self._handshake.owner()

    @owner.setter
    def owner(self, owner: Any) -> None:
        self._handshake.owner = weakref.ref(owner)

    @property
    def context(self) -> ssl.SSLContext:
        """The configuration, which a server may exchange once it knows the name that it is asked for."""
        return self._handshake.context

    @context.setter
    def context(self, context: ssl.SSLContext) -> None:
        if not isinstance(context, ssl.SSLContext):
            raise TypeError("The value must be a SSLContext")
        self._handshake.context = context

    @property
    def session(self) -> None:
        """There is none to resume."""

    @session.setter
    def session(self, session: Any) -> None:
        raise TypeError("Value is not a SSLSession.")

    def version(self) -> str | None:
        cipher = self.cipher()
        return cipher and cipher[1]

    def cipher(self) -> tuple[str, str, int] | None:
        version = self._handshake.version
        return None if version is None else _CIPHERS[ssl.TLSVersion(version)]

    def shared_ciphers(self) -> list[tuple[str, str, int]] | None:
        cipher = self.cipher()
        return [cipher] if self.server_side and cipher else None

    def compression(self) -> None:
        """There is none since TLS 1.3."""

    def selected_alpn_protocol(self) -> str | None:
        return self._handshake.protocol

    def getpeercert(self, binary_form: bool = False) -> dict[str, Any] | bytes | None:
        if not self._dialogue.is_open:
            raise ValueError("handshake not done yet")
        peer = self._handshake.peer
        if peer is None:
            return None
        if binary_form:
            return peer.binary()
        return peer.described() if self.context.verify_mode != ssl.CERT_NONE else {}

    def get_unverified_chain(self) -> list[Certificate] | None:
        peer = self._handshake.peer
        return None if peer is None else [peer]

    get_verified_chain = get_unverified_chain

    def get_channel_binding(self, cb_type: str = "tls-unique") -> None:
        """There is nothing secret that both ends could name."""
        if cb_type not in ssl.CHANNEL_BINDING_TYPES:
            raise ValueError(f"{cb_type!r} channel binding type not implemented")

    def pending(self) -> int:
        return len(self._plain)

    def verify_client_post_handshake(self) -> None:
        raise Forbidden("a TLS certificate after the handshake", "ask for it in the handshake, with CERT_REQUIRED")

    # What it does.

    def do_handshake(self) -> None:
        self._check_unbroken()
        self._handshake.go_on()
        self._dialogue.flush()

    def read(self, size: int, buffer: Any = None) -> bytes | int:
        if buffer is None:
            return self._take(size)
        with memoryview(buffer) as whole, whole.cast("B") as view:
            data = self._take(size if 0 < size <= len(view) else len(view))
            view[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        if self._dialogue.said_farewell:
            raise alerts.failure("PROTOCOL_IS_SHUTDOWN")
        self._open()
        if self._writing is None:
            self._writing = self._put(data)
        # The caller that is told to wait has to come again with the same data, as OpenSSL demands.
        self._dialogue.flush()
        written, self._writing = self._writing, None
        return written

    def shutdown(self) -> Any:
        if not self._dialogue.is_open or self._dialogue.broken:
            raise alerts.failure("SHUTDOWN_WHILE_IN_INIT")
        self._dialogue.say_farewell()
        self._dialogue.flush()
        while not self._dialogue.heard_farewell:
            self._plain = self._plain or self._dialogue.hear_data()
            if self._plain:
                raise self._dialogue.failed("APPLICATION_DATA_AFTER_CLOSE_NOTIFY")
        owner = self.owner
        return owner if isinstance(owner, ssl.SSLSocket) else None

    def _take(self, size: int) -> bytes:
        """Data of one record, at most so much; nothing after the other end's farewell."""
        if size < 0:
            raise ValueError("size should not be negative")
        self._open()
        while size and not self._plain:
            if self._dialogue.heard_farewell and self._dialogue.said_farewell:
                raise alerts.over()
            if self._dialogue.heard_farewell:
                return b""
            self._plain = self._dialogue.hear_data()
        data, self._plain = self._plain[:size], self._plain[size:]
        return data

    def _put(self, data: Any) -> int:
        with memoryview(data) as whole, whole.cast("B") as view:
            self._dialogue.say_data(view)
            return len(view)

    def _open(self) -> None:
        """Shake hands, if that was not done, as reading and writing do by themselves."""
        self._check_unbroken()
        if not self._dialogue.is_open:
            self.do_handshake()

    def _check_unbroken(self) -> None:
        if self._dialogue.broken:
            raise self._dialogue.broken()


def _check(context: ssl.SSLContext, host: str | None, *, serves: bool) -> None:
    if serves and context.protocol == ssl.PROTOCOL_TLS_CLIENT:
        raise ssl.SSLError(0, "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context")
    if not serves and context.protocol == ssl.PROTOCOL_TLS_SERVER:
        raise ssl.SSLError(0, "Cannot create a client socket with a PROTOCOL_TLS_SERVER context")
    if host is not None and (not host or host.startswith(".")):
        raise ValueError("server_hostname cannot be an empty string or start with a leading dot.")
