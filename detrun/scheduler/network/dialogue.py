"""What the two ends of a TLS connection say to each other, one record at a time, and how that comes to an end."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, TypeVar

import msgspec

from detrun.scheduler.network import alerts
from detrun.scheduler.network.records import ALERT, DATA, END, HANDSHAKE, Carrier, Record, Records, unsealed

if TYPE_CHECKING:
    from collections.abc import Callable


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


class Dialogue:
    """One end's part: it goes on until both ends have said farewell, or one of them has failed."""

    def __init__(self, carrier: Carrier, *, serves: bool, tolerates_end: bool) -> None:
        self.said_farewell = False
        self.heard_farewell = False
        self.is_open = False
        self.broken: Callable[[], ssl.SSLError] | None = None
        self._records = Records(carrier)
        self._tolerates_end = tolerates_end
        # What precedes the first hello is no TLS, be it an alert.
        self._expects_hello = serves

    def flush(self) -> None:
        """Raise `SSLWantWriteError` if something could not be sent yet."""
        self._records.flush()

    def say(self, message: ClientHello | ServerHello | Finished) -> None:
        """Send a message of the handshake."""
        self._records.put(HANDSHAKE, msgspec.msgpack.encode(message))

    def say_data(self, data: memoryview) -> None:
        """Send data."""
        self._records.put_data(data)

    def say_farewell(self) -> None:
        """Send nothing more."""
        if not self.said_farewell:
            self.said_farewell = True
            self._alert(alerts.CLOSE_NOTIFY, alerts.WARNING)

    def hear_message(self, kind: type[Message]) -> Message:
        """The message of the handshake that is due."""
        record = self._hear()
        if self.heard_farewell:
            self.broken = alerts.over
            raise alerts.over()
        try:
            message = _messages.decode(record.body) if record.kind == HANDSHAKE else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            message = None
        if not isinstance(message, kind):
            raise self.failed("UNEXPECTED_MESSAGE")
        self._expects_hello = False
        return message

    def hear_data(self) -> bytes:
        """The data of the next record; nothing if it is the other end's farewell."""
        record = self._hear()
        if record.kind == HANDSHAKE:
            raise self.failed("UNEXPECTED_MESSAGE")
        data = unsealed(record.body) if record.kind == DATA else b""
        if data is None:
            raise self.failed("DECRYPTION_FAILED_OR_BAD_RECORD_MAC")
        return data

    def failed(self, reason: str, alert: int | None = None) -> ssl.SSLError:
        """The error with which this end gives up; the other end is told, if it is told such things."""
        self.broken = alerts.broken
        alert = alerts.SENT.get(reason) if alert is None else alert
        if alert is not None:
            self._alert(alert, alerts.FATAL)
        return alerts.failure(reason)

    def _alert(self, code: int, level: int) -> None:
        self._records.put(ALERT, bytes((level, code)))

    def _hear(self) -> Record:
        try:
            record = self._records.next()
        except ssl.SSLWantReadError:
            raise
        except ssl.SSLError as error:
            raise self.failed(error.reason) from None
        if record.kind == END:
            self._hear_end()
        elif record.kind == ALERT:
            self._hear_alert(record.body)
        return record

    def _hear_end(self) -> None:
        if not self.is_open or not self._tolerates_end:
            self.broken = alerts.broken
            raise alerts.cut_off()
        self.heard_farewell = True

    def _hear_alert(self, body: bytes) -> None:
        if body == bytes((alerts.WARNING, alerts.CLOSE_NOTIFY)):
            self.heard_farewell = True
            return
        if self._expects_hello:
            raise self.failed("UNEXPECTED_MESSAGE")
        if len(body) != 2:
            raise self.failed("INVALID_ALERT")
        self.broken = alerts.over
        raise alerts.alerted(body[1])
