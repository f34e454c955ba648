"""TLS without cryptography: what a simulation has in OpenSSL's place, below `ssl.SSLObject` and `ssl.SSLSocket`.

Handshake, records, alerts and farewells come as they do in TLS 1.3; what they carry is in the clear, and nobody is
authenticated.
"""

from __future__ import annotations

import ssl
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from detrun.errors import Forbidden
from detrun.scheduler.network import alerts, configuration
from detrun.scheduler.network.certificates import Certificate, is_address
from detrun.scheduler.network.records import ALERT, DATA, END, HANDSHAKE, Carrier, Record, Records, unsealed

if TYPE_CHECKING:
    from collections.abc import Callable

_CIPHERS = {
    ssl.TLSVersion.TLSv1_3: ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256),
    ssl.TLSVersion.TLSv1_2: ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2", 256),
}
_NAMELESS = "localhost"
_CLIENT = "client"


class ClientHello(msgspec.Struct, frozen=True, tag="client_hello"):
    """What a client begins with."""

    versions: list[int]
    host: str | None
    protocols: list[str]


class ServerHello(msgspec.Struct, frozen=True, tag="server_hello"):
    """What a server answers."""

    version: int
    protocol: str | None
    certificate: str
    asks_certificate: bool


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """What a client ends the handshake with."""

    certificate: str | None


Message = TypeVar("Message", ClientHello, ServerHello, Finished)
_messages = msgspec.msgpack.Decoder(ClientHello | ServerHello | Finished)


class Connection:
    """One end of a TLS connection, with the methods that `ssl` calls of OpenSSL's."""

    def __init__(self, context: ssl.SSLContext, carrier: Carrier, host: str | None, *, serves: bool) -> None:
        _check(context, host, serves=serves)
        self.server_side = serves
        self.server_hostname = host
        self.session_reused = False
        self._context = context
        self._records = Records(carrier)
        # A step that has to wait raises, and is taken again.
        self._steps: deque[Callable[[], None]] = deque(
            (self._answer_hello, self._hear_finished) if serves else (self._say_hello, self._hear_hello)
        )
        self._tolerates_end = bool(context.options & ssl.OP_IGNORE_UNEXPECTED_EOF)
        self._owner: Callable[[], Any] = lambda: None
        self._plain = b""
        self._writing: int | None = None
        self._broken: Callable[[], ssl.SSLError] | None = None
        self._said_farewell = False
        self._heard_farewell = False
        self._version: int | None = None
        self._protocol: str | None = None
        self._peer: Certificate | None = None

    # What it is.

    @property
    def owner(self) -> Any:
        """What the program knows this connection as."""
        return self._owner()

    @owner.setter
    def owner(self, owner: Any) -> None:
        self._owner = weakref.ref(owner)

    @property
    def context(self) -> ssl.SSLContext:
        """The configuration, which a server may exchange once it knows the name that it is asked for."""
        return self._context

    @context.setter
    def context(self, context: ssl.SSLContext) -> None:
        if not isinstance(context, ssl.SSLContext):
            raise TypeError("The value must be a SSLContext")
        self._context = context

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
        return None if self._version is None else _CIPHERS[ssl.TLSVersion(self._version)]

    def shared_ciphers(self) -> list[tuple[str, str, int]] | None:
        cipher = self.cipher()
        return [cipher] if self.server_side and cipher else None

    def compression(self) -> None:
        """There is none since TLS 1.3."""

    def selected_alpn_protocol(self) -> str | None:
        return self._protocol

    def getpeercert(self, binary_form: bool = False) -> dict[str, Any] | bytes | None:  # noqa: FBT002
        if self._steps:
            raise ValueError("handshake not done yet")
        if self._peer is None:
            return None
        if binary_form:
            return self._peer.binary()
        return self._peer.described() if self._context.verify_mode != ssl.CERT_NONE else {}

    def get_unverified_chain(self) -> list[Certificate] | None:
        return None if self._peer is None else [self._peer]

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
        if self._broken:
            raise self._broken()
        while self._steps:
            self._steps[0]()
            self._steps.popleft()
        self._records.flush()

    def read(self, size: int, buffer: Any = None) -> bytes | int:
        if buffer is None:
            return self._take(size)
        with memoryview(buffer) as whole, whole.cast("B") as view:
            data = self._take(size if 0 < size <= len(view) else len(view))
            view[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        if self._said_farewell:
            raise alerts.failure("PROTOCOL_IS_SHUTDOWN")
        self._check_usable()
        if self._writing is None:
            self._writing = self._put_data(data)
        # The caller that is told to wait has to come again with the same data, as OpenSSL demands.
        self._records.flush()
        written, self._writing = self._writing, None
        return written

    def shutdown(self) -> Any:
        if self._steps or self._broken:
            raise alerts.failure("SHUTDOWN_WHILE_IN_INIT")
        if not self._said_farewell:
            self._said_farewell = True
            self._alert(alerts.CLOSE_NOTIFY, alerts.WARNING)
        self._records.flush()
        while not self._heard_farewell:
            self._plain = self._plain or self._hear_data()
            if self._plain:
                raise self._failed("APPLICATION_DATA_AFTER_CLOSE_NOTIFY")
        owner = self.owner
        return owner if isinstance(owner, ssl.SSLSocket) else None

    # The handshake.

    def _say_hello(self) -> None:
        offers = configuration.versions(self._context), self.server_hostname, configuration.protocols(self._context)
        self._say(ClientHello(*offers))

    def _answer_hello(self) -> None:
        hello = self._hear_message(ClientHello)
        self._call_back(None if hello.host is None or is_address(hello.host) else hello.host)
        version = _first(configuration.versions(self._context), hello.versions)
        if version is None:
            raise self._failed("UNSUPPORTED_PROTOCOL")
        self._version, self._protocol = version, _first(configuration.protocols(self._context), hello.protocols)
        asks = self._context.verify_mode == ssl.CERT_REQUIRED
        self._say(ServerHello(version, self._protocol, hello.host or _NAMELESS, asks))

    def _hear_hello(self) -> None:
        hello = self._hear_message(ServerHello)
        if hello.version not in configuration.versions(self._context):
            raise self._failed("UNSUPPORTED_PROTOCOL")
        self._version, self._protocol = hello.version, hello.protocol
        self._peer = Certificate(hello.certificate)
        self._say(Finished(_CLIENT if hello.asks_certificate else None))

    def _hear_finished(self) -> None:
        name = self._hear_message(Finished).certificate
        self._peer = None if name is None else Certificate(name)

    def _call_back(self, name: str | None) -> None:
        """Let the program choose a context by the name that the client asks for."""
        callback, cause = self._context.sni_callback, None
        if callback is None:
            return
        alert: Any
        try:
            alert = callback(self.owner, name, self._context)  # type: ignore[arg-type]
        except Exception as error:
            alert, cause = alerts.HANDSHAKE_FAILURE, error
        if alert is not None:
            self._alert(alert & 255 if isinstance(alert, int) else alerts.INTERNAL_ERROR)
            raise self._failed("CALLBACK_FAILED") from cause

    # What is said and heard.

    def _say(self, message: ClientHello | ServerHello | Finished) -> None:
        self._records.put(HANDSHAKE, msgspec.msgpack.encode(message))

    def _alert(self, code: int, level: int = alerts.FATAL) -> None:
        self._records.put(ALERT, bytes((level, code)))

    def _put_data(self, data: Any) -> int:
        with memoryview(data) as whole, whole.cast("B") as view:
            self._records.put_data(view)
            return len(view)

    def _take(self, size: int) -> bytes:
        """Data of one record, at most so much; nothing after the other end's farewell."""
        if size < 0:
            raise ValueError("size should not be negative")
        self._check_usable()
        while size and not self._plain:
            if self._heard_farewell and self._said_farewell:
                raise alerts.over()
            if self._heard_farewell:
                return b""
            self._plain = self._hear_data()
        data, self._plain = self._plain[:size], self._plain[size:]
        return data

    def _check_usable(self) -> None:
        if self._broken:
            raise self._broken()
        if self._steps:
            self.do_handshake()

    def _hear_message(self, kind: type[Message]) -> Message:
        record = self._hear()
        if self._heard_farewell:
            self._broken = alerts.over
            raise alerts.over()
        try:
            message = _messages.decode(record.body) if record.kind == HANDSHAKE else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            message = None
        if not isinstance(message, kind):
            raise self._failed("UNEXPECTED_MESSAGE")
        return message

    def _hear_data(self) -> bytes:
        """The data of the next record; nothing if it is the other end's farewell."""
        record = self._hear()
        if record.kind == HANDSHAKE:
            raise self._failed("UNEXPECTED_MESSAGE")
        data = unsealed(record.body) if record.kind == DATA else b""
        if data is None:
            raise self._failed("DECRYPTION_FAILED_OR_BAD_RECORD_MAC")
        return data

    def _hear(self) -> Record:
        try:
            record = self._records.next()
        except ssl.SSLWantReadError:
            raise
        except ssl.SSLError as error:
            raise self._failed(error.reason) from None
        if record.kind == END:
            self._hear_end()
        elif record.kind == ALERT:
            self._hear_alert(record.body)
        return record

    def _hear_end(self) -> None:
        if self._steps or not self._tolerates_end:
            self._broken = alerts.broken
            raise alerts.cut_off()
        self._heard_farewell = True

    def _hear_alert(self, body: bytes) -> None:
        if body == bytes((alerts.WARNING, alerts.CLOSE_NOTIFY)):
            self._heard_farewell = True
            return
        if self.server_side and self._version is None:
            raise self._failed("UNEXPECTED_MESSAGE")
        if len(body) != 2:
            raise self._failed("INVALID_ALERT")
        self._broken = alerts.over
        raise alerts.alerted(body[1])

    def _failed(self, reason: str) -> ssl.SSLError:
        """The error with which this end gives up; the other end is told."""
        self._broken = alerts.broken
        if reason in alerts.SENT:
            self._alert(alerts.SENT[reason])
        return alerts.failure(reason)


def _check(context: ssl.SSLContext, host: str | None, *, serves: bool) -> None:
    if serves and context.protocol == ssl.PROTOCOL_TLS_CLIENT:
        raise ssl.SSLError(0, "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context")
    if not serves and context.protocol == ssl.PROTOCOL_TLS_SERVER:
        raise ssl.SSLError(0, "Cannot create a client socket with a PROTOCOL_TLS_SERVER context")
    if host is not None and (not host or host.startswith(".")):
        raise ValueError("server_hostname cannot be an empty string or start with a leading dot.")


Option = TypeVar("Option", int, str)


def _first(wanted: list[Option], offered: list[Option]) -> Option | None:
    return next((option for option in wanted if option in offered), None)
