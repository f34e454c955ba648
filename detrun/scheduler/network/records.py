"""TLS records in the clear: framed like real ones, so that whoever does not speak TLS is told apart as by OpenSSL."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

import msgspec

from detrun.scheduler.network.alerts import failure, must_read, must_write

if TYPE_CHECKING:
    import ssl

END, ALERT, HANDSHAKE, DATA = 0, 21, 22, 23
LARGEST = 16 * 1024

_HEADER = 5
_OVERHEAD = 256
# What a cipher adds to a record; here it is a checksum, and what does not have the right one was not sent by TLS.
_SEAL = 17
# What OpenSSL says to those who begin with the request of a protocol that it knows.
_PLAINTEXT = {
    b"GET ": "HTTP_REQUEST",
    b"POST": "HTTP_REQUEST",
    b"HEAD": "HTTP_REQUEST",
    b"PUT ": "HTTP_REQUEST",
    b"CONN": "HTTPS_PROXY_REQUEST",
}


class Carrier(Protocol):
    """What carries records: two buffers, or a socket."""

    def receive(self, size: int) -> bytes | None:
        """What is there, at most so much of it; None if nothing is yet, empty at the end."""

    def send(self, data: bytes) -> int:
        """Send what there is room for; how much that was."""


class Buffers:
    """The two buffers of `SSLContext.wrap_bio`."""

    def __init__(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self.incoming, self.outgoing = incoming, outgoing

    def receive(self, size: int) -> bytes | None:
        return self.incoming.read(size) or (b"" if self.incoming.eof else None)

    def send(self, data: bytes) -> int:
        return self.outgoing.write(data)


class Record(msgspec.Struct, frozen=True):
    """A record: of a kind, with a body."""

    kind: int
    body: bytes = b""


class Records:
    """Cuts what a carrier brings into records, and hands it those that are sent."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._begun = bytearray()
        self._unsent = bytearray()
        self._first = True

    def put_data(self, data: memoryview) -> None:
        """Send data, in as many records as it takes."""
        for start in range(0, len(data), LARGEST):
            part = data[start : start + LARGEST]
            self.put(DATA, bytes(part) + _seal(part))

    def put(self, kind: int, body: bytes) -> None:
        """Send a record, as soon as there is room."""
        self._unsent += bytes((kind, 3, 3)) + len(body).to_bytes(2, "big")
        self._unsent += body
        self._push()

    def flush(self) -> None:
        """Raise `SSLWantWriteError` if something could not be sent yet."""
        self._push()
        if self._unsent:
            raise must_write()

    def next(self) -> Record:
        """The next record, or one that stands for the end; `SSLWantReadError` if it is not there as a whole."""
        self._push()
        # No more is taken than the record needs: what stays in the buffers is what flow control counts.
        if not self._filled(_HEADER):
            return Record(END)
        self._check_header()
        if not self._filled(_HEADER + int.from_bytes(self._begun[3:_HEADER], "big")):
            return Record(END)
        record = Record(self._begun[0], bytes(self._begun[_HEADER:]))
        self._begun.clear()
        self._first = False
        return record

    def _filled(self, size: int) -> bool:
        while len(self._begun) < size:
            data = self._carrier.receive(size - len(self._begun))
            if data is None:
                raise must_read()
            if not data:
                return False
            self._begun += data
        return True

    def _check_header(self) -> None:
        kind, major = self._begun[:2]
        if major != 3:
            plaintext = _PLAINTEXT.get(bytes(self._begun[:4])) if self._first else None
            raise failure(plaintext or "WRONG_VERSION_NUMBER")
        if int.from_bytes(self._begun[3:_HEADER], "big") > LARGEST + _OVERHEAD:
            raise failure("PACKET_LENGTH_TOO_LONG")
        if kind not in (ALERT, HANDSHAKE, DATA):
            raise failure("UNEXPECTED_MESSAGE")

    def _push(self) -> None:
        while self._unsent:
            sent = self._carrier.send(bytes(self._unsent))
            if not sent:
                return
            del self._unsent[:sent]


def unsealed(body: bytes) -> bytes | None:
    """The data of a record of data; None if it was not sent as one."""
    data = body[:-_SEAL]
    return data if body[-_SEAL:] == _seal(data) else None


def _seal(data: bytes | memoryview) -> bytes:
    return zlib.crc32(data).to_bytes(_SEAL, "big")
