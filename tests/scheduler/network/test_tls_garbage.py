"""Whatever arrives, a TLS connection waits for more, gives data or raises `SSLError`."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detrun

LONGEST = st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), max_size=3)


class Ends:
    """A client and a server that never saw a certificate."""

    def __init__(self) -> None:
        client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        client.set_alpn_protocols(["one", "two"])
        server.set_alpn_protocols(["two"])
        self.up, self.down = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(self.down, self.up, server_hostname="a.test")
        self.server = server.wrap_bio(self.up, self.down, server_side=True)


def use(end: ssl.SSLObject) -> None:
    """Everything that a transport does with one end."""
    calls: list[Any] = [end.do_handshake, end.read, lambda: end.write(b"x"), end.cipher, end.version, end.unwrap]
    for call in calls:
        with suppress(ssl.SSLError):
            call()


def changed(data: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    """The data with a few bytes overwritten."""
    found = bytearray(data)
    for place, what in changes:
        found[place : place + len(what)] = what
    return bytes(found)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(upwards=LONGEST, downwards=LONGEST)
def test_changed_bytes_raise_nothing_but_ssl_errors(upwards: Any, downwards: Any) -> None:
    def main() -> None:
        ends = Ends()
        for _ in range(3):
            use(ends.client)
            ends.up.write(changed(ends.up.read(), upwards))
            use(ends.server)
            ends.down.write(changed(ends.down.read(), downwards))

    detrun.run(main).result()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(junk=st.binary(max_size=80), kind=st.sampled_from([b"", b"\x15\x03\x03\x00\x02", b"\x16\x03\x03\x00\x09"]))
def test_junk_raises_nothing_but_ssl_errors(junk: bytes, kind: bytes) -> None:
    def main() -> None:
        ends = Ends()
        ends.up.write(kind + junk)
        ends.down.write(kind + junk)
        for _ in range(2):
            use(ends.client)
            use(ends.server)

    detrun.run(main).result()


@pytest.mark.parametrize("size", [1, 2, 5, 7])
def test_it_does_not_matter_how_the_bytes_are_cut(size: int) -> None:
    def main() -> bytes:
        ends, data = Ends(), b""
        with suppress(ssl.SSLWantReadError):
            ends.client.do_handshake()
        for taker, source in ((ends.server, ends.up), (ends.client, ends.down), (ends.server, ends.up)):
            whole = source.read()
            for start in range(0, len(whole), size):
                source.write(whole[start : start + size])
                with suppress(ssl.SSLWantReadError):
                    taker.do_handshake()
        ends.client.write(b"hello")
        whole = ends.up.read()
        for start in range(0, len(whole), size):
            ends.up.write(whole[start : start + size])
            with suppress(ssl.SSLWantReadError):
                data += ends.server.read()
        return data

    assert detrun.run(main).result() == b"hello"
