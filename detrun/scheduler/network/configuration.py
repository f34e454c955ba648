"""What a simulated TLS connection asks of a real `ssl.SSLContext`, which serves as configuration only."""

from __future__ import annotations

import ctypes
import ssl
from ssl import TLSVersion

# Newest first: the one that is negotiated is the first that both ends have.
_VERSIONS = {TLSVersion.TLSv1_3: ssl.OP_NO_TLSv1_3, TLSVersion.TLSv1_2: ssl.OP_NO_TLSv1_2}
_POINTER = ctypes.sizeof(ctypes.c_void_p)


def versions(context: ssl.SSLContext) -> list[int]:
    """The versions that a context allows, newest first."""
    lowest, highest = context.minimum_version, context.maximum_version
    return [
        int(version)
        for version, refused in _VERSIONS.items()
        if lowest <= version
        and (highest == TLSVersion.MAXIMUM_SUPPORTED or version <= highest)
        and not context.options & refused
    ]


def protocols(context: ssl.SSLContext) -> list[str]:
    """What was set by `set_alpn_protocols`, most wanted first."""
    # A context does not say, and may have been made before anybody could have noted it. The C struct behind it begins
    # on every CPython that is supported with OpenSSL's context, the protocols as they go over the wire, and their size.
    after = id(context) + object.__basicsize__ + _POINTER
    size = ctypes.c_uint.from_address(after + _POINTER).value
    start = ctypes.c_void_p.from_address(after).value
    return _cut(ctypes.string_at(start, size)) if start else []


def _cut(wire: bytes) -> list[str]:
    found = []
    while wire:
        found.append(wire[1 : 1 + wire[0]].decode("ascii"))
        wire = wire[1 + wire[0] :]
    return found
