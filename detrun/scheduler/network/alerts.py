"""What goes wrong in TLS: errors as `ssl` spells them, and the alerts by which an end tells the other."""

from __future__ import annotations

import ssl
from typing import TypeVar

Kind = TypeVar("Kind", bound=ssl.SSLError)

WARNING, FATAL = 1, 2
CLOSE_NOTIFY = 0
HANDSHAKE_FAILURE = 40
INTERNAL_ERROR = 80

# The alert that an end sends when it fails for a reason; for others it sends none.
SENT = {
    "UNEXPECTED_MESSAGE": 10,
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": 20,
    "PACKET_LENGTH_TOO_LONG": 22,
    "UNSUPPORTED_PROTOCOL": 70,
}
# What an alert is at the end that receives it.
_RECEIVED = {
    10: "SSLV3_ALERT_UNEXPECTED_MESSAGE",
    20: "SSLV3_ALERT_BAD_RECORD_MAC",
    22: "TLSV1_ALERT_RECORD_OVERFLOW",
    40: "SSLV3_ALERT_HANDSHAKE_FAILURE",
    42: "SSLV3_ALERT_BAD_CERTIFICATE",
    48: "TLSV1_ALERT_UNKNOWN_CA",
    49: "TLSV1_ALERT_ACCESS_DENIED",
    50: "TLSV1_ALERT_DECODE_ERROR",
    70: "TLSV1_ALERT_PROTOCOL_VERSION",
    80: "TLSV1_ALERT_INTERNAL_ERROR",
    112: "TLSV1_UNRECOGNIZED_NAME",
}


def failure(reason: str) -> ssl.SSLError:
    """The error for a reason of OpenSSL's."""
    return _explained(ssl.SSLError(int(ssl.SSL_ERROR_SSL), _text(reason, reason.replace("_", " ").lower())), reason)


def alerted(code: int) -> ssl.SSLError:
    """The error at the end that an alert was sent to."""
    return failure(_RECEIVED.get(code, f"ALERT_{code}"))


def cut_off() -> ssl.SSLEOFError:
    """The error for an end without a farewell."""
    reason = "UNEXPECTED_EOF_WHILE_READING"
    text = _text(reason, "EOF occurred in violation of protocol")
    return _explained(ssl.SSLEOFError(int(ssl.SSL_ERROR_EOF), text), reason)


def must_read() -> ssl.SSLWantReadError:
    """There is nothing to go on with until something is received."""
    return ssl.SSLWantReadError(int(ssl.SSL_ERROR_WANT_READ), "The operation did not complete (read)")


def must_write() -> ssl.SSLWantWriteError:
    """There is nothing to go on with until something could be sent."""
    return ssl.SSLWantWriteError(int(ssl.SSL_ERROR_WANT_WRITE), "The operation did not complete (write)")


def over() -> ssl.SSLZeroReturnError:
    """Both ends have said farewell, or the other end has given up."""
    return ssl.SSLZeroReturnError(int(ssl.SSL_ERROR_ZERO_RETURN), "TLS/SSL connection has been closed (EOF)")


def broken() -> ssl.SSLEOFError:
    """The connection had failed before."""
    return ssl.SSLEOFError(int(ssl.SSL_ERROR_EOF), "EOF occurred in violation of protocol")


def _text(reason: str, text: str) -> str:
    return f"[SSL: {reason}] {text} (simulated)"


def _explained(error: Kind, reason: str) -> Kind:
    error.library, error.reason = "SSL", reason
    return error
