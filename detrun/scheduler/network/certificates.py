"""Certificates of simulated peers: well formed and the same each time, signed by nobody, checked by nobody."""

from __future__ import annotations

import ssl
from ipaddress import IPv6Address, ip_address
from typing import Any

import msgspec

# Tags of DER, the encoding that X.509 prescribes.
_INTEGER, _BITS, _OCTETS, _OID, _UTF8, _TIME, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x06, 0x0C, 0x17, 0x30, 0x31
_VERSION, _EXTENSIONS, _DNS_NAME, _IP_NAME = 0xA0, 0xA3, 0x82, 0x87
_ED25519, _COMMON_NAME, _ALTERNATIVE_NAMES = bytes.fromhex("2b6570"), bytes.fromhex("550403"), bytes.fromhex("551d11")
_ISSUER = "detrun simulation"


class Certificate(msgspec.Struct, frozen=True):
    """The certificate of a host, or of a client that shows one, in the forms in which `ssl` gives it out."""

    name: str

    def described(self) -> dict[str, Any]:
        """As `getpeercert()` has it."""
        return {
            "subject": ((("commonName", self.name),),),
            "issuer": ((("commonName", _ISSUER),),),
            "version": 3,
            "serialNumber": "01",
            "notBefore": "Jan  1 00:00:00 2000 GMT",
            "notAfter": "Dec 31 23:59:59 2049 GMT",
            "subjectAltName": (_alternative(self.name),),
        }

    def public_bytes(self, encoding: int = 2) -> bytes | str:
        """As binary, or as PEM for 1: the codes are those of `_ssl`."""
        return self.binary() if encoding == 2 else ssl.DER_cert_to_PEM_cert(self.binary())

    def binary(self) -> bytes:
        """As `getpeercert(True)` has it."""
        algorithm = _der(_SEQUENCE, _der(_OID, _ED25519))
        body = _der(
            _SEQUENCE,
            _der(_VERSION, _der(_INTEGER, b"\2")),
            _der(_INTEGER, b"\1"),
            algorithm,
            _common_name(_ISSUER),
            _der(_SEQUENCE, _der(_TIME, b"000101000000Z"), _der(_TIME, b"491231235959Z")),
            _common_name(self.name),
            _der(_SEQUENCE, algorithm, _der(_BITS, bytes(33))),
            _der(_EXTENSIONS, _der(_SEQUENCE, _extension(self.name))),
        )
        return _der(_SEQUENCE, body, algorithm, _der(_BITS, bytes(65)))


def is_address(name: str) -> bool:
    """Whether this is an address rather than a name: those are not sent as server names."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _alternative(name: str) -> tuple[str, str]:
    if not is_address(name):
        return "DNS", name
    address = ip_address(name)
    if isinstance(address, IPv6Address):
        return "IP Address", ":".join(f"{int(part, 16):X}" for part in address.exploded.split(":"))
    return "IP Address", str(address)


def _extension(name: str) -> bytes:
    alternative = _der(_IP_NAME, ip_address(name).packed) if is_address(name) else _der(_DNS_NAME, name.encode())
    return _der(_SEQUENCE, _der(_OID, _ALTERNATIVE_NAMES), _der(_OCTETS, _der(_SEQUENCE, alternative)))


def _common_name(name: str) -> bytes:
    return _der(_SEQUENCE, _der(_SET, _der(_SEQUENCE, _der(_OID, _COMMON_NAME), _der(_UTF8, name.encode()))))


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 128:
        return bytes((tag, len(content))) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 128 | len(size))) + size + content
