"""The simulated TLS connection does what OpenSSL's does: the same scripts, with both."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from tests.scheduler.network.tls_pairs import NAME, Call, Outcome, Pair, handshake, outcome, simulated


def before_the_handshake(pair: Pair) -> list[Outcome]:
    client, server = pair.client, pair.server
    facts: list[Call] = [
        client.version,
        client.cipher,
        client.selected_alpn_protocol,
        client.pending,
        client.getpeercert,
    ]
    calls: list[Call] = [
        client.read,
        server.read,
        client.get_channel_binding,
        client.compression,
        client.unwrap,
        server.unwrap,
    ]
    return [outcome(call) for call in (*facts, *calls)] + [outcome(server.write, b"x")]


def reading_and_writing_shake_hands(pair: Pair) -> list[Outcome]:
    client, server = pair.client, pair.server
    outcomes = [outcome(client.write, b"early"), outcome(server.read), outcome(client.write, b"late")]
    return [*outcomes, outcome(server.read), client.version(), server.version()]


def facts(pair: Pair) -> list[Outcome]:
    pair.shake()
    client, server = pair.client, pair.server
    calls: list[Call] = [
        client.version,
        client.cipher,
        server.version,
        server.cipher,
        server.getpeercert,
        client.compression,
    ]
    fixed = [client.server_side, server.server_side, client.server_hostname, server.server_hostname]
    mistakes = [outcome(setattr, client, "context", 3), outcome(setattr, client, "session", 3)]
    unknown = [outcome(client.get_channel_binding, "none"), client.shared_ciphers(), client.session_reused]
    return [call() for call in calls] + fixed + mistakes + unknown


def reading_takes_parts_of_records(pair: Pair) -> list[Outcome]:
    pair.shake()
    client, server, big = pair.client, pair.server, b"x" * 100_000
    outcomes = [outcome(client.write, big), outcome(client.write, b""), len(server.read(len(big))), server.read(5)]
    sizes = [server.pending(), pair.up.pending, server.read(0), outcome(server.read, -1)]
    return outcomes + sizes + [server.read(size, bytearray(10)) for size in (3, 0, -1, 100)]


def farewell(pair: Pair) -> list[Outcome]:
    pair.shake()
    client, server = pair.client, pair.server
    calls: list[Call] = [client.unwrap, server.unwrap, client.unwrap, client.read, server.read, client.unwrap]
    return [outcome(call) for call in calls] + [outcome(client.write, b"x")]


def half_a_farewell(pair: Pair) -> list[Outcome]:
    pair.shake()
    client, server = pair.client, pair.server
    outcomes = [outcome(client.unwrap), server.read(), server.read(), outcome(server.write, b"still")]
    return [*outcomes, client.read(), outcome(client.write, b"no"), outcome(server.unwrap), outcome(client.read)]


def data_after_the_farewell(pair: Pair) -> list[Outcome]:
    pair.shake()
    pair.server.write(b"late")
    calls: list[Call] = [pair.client.unwrap, pair.client.unwrap, pair.client.read]
    return [outcome(call) for call in calls] + [outcome(pair.client.write, b"x")]


def unread_data_at_the_farewell(pair: Pair) -> list[Outcome]:
    pair.shake()
    pair.server.write(b"unread")
    return [pair.client.read(2), outcome(pair.client.unwrap)]


def an_end_without_farewell(pair: Pair) -> list[Outcome]:
    pair.shake()
    pair.client.write(b"last")
    pair.up.write_eof()
    calls: list[Call] = [pair.server.read, pair.server.read, pair.server.read, pair.server.unwrap]
    return [outcome(call) for call in calls] + [outcome(pair.server.write, b"x")]


def an_end_while_waiting_for_the_farewell(pair: Pair) -> list[Outcome]:
    pair.shake()
    pair.up.write_eof()
    return [outcome(pair.server.unwrap), outcome(pair.server.unwrap)]


def an_end_in_the_handshake(pair: Pair) -> list[Outcome]:
    pair.down.write_eof()
    return [outcome(pair.client.do_handshake)]


def half_a_record(pair: Pair) -> list[Outcome]:
    pair.shake()
    pair.client.write(b"0123456789")
    record = pair.up.read()
    pair.up.write(record[:15])
    waits = outcome(pair.server.read)
    pair.up.write(record[15:])
    return [waits, len(record), pair.server.read()]


SCRIPTS = [
    handshake,
    before_the_handshake,
    reading_and_writing_shake_hands,
    facts,
    reading_takes_parts_of_records,
    farewell,
    half_a_farewell,
    data_after_the_farewell,
    unread_data_at_the_farewell,
    an_end_without_farewell,
    an_end_while_waiting_for_the_farewell,
    an_end_in_the_handshake,
    half_a_record,
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_a_script_goes_as_with_openssl(script: Callable[[Pair], list[Outcome]], pem: str) -> None:
    assert simulated(lambda: script(Pair(pem))) == script(Pair(pem))


def tolerate_ends(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    server.options |= ssl.OP_IGNORE_UNEXPECTED_EOF


def older(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    client.maximum_version = ssl.TLSVersion.TLSv1_2


def without_the_newest(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    server.options |= ssl.OP_NO_TLSv1_3


def with_nothing_in_common(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    server.minimum_version = ssl.TLSVersion.TLSv1_3


@pytest.mark.filterwarnings("ignore:ssl.OP_NO_SSL:DeprecationWarning")
@pytest.mark.parametrize("prepare", [tolerate_ends, older, without_the_newest, with_nothing_in_common])
def test_options_count_as_with_openssl(prepare: Callable[[Any, Any], None], pem: str) -> None:
    def script() -> list[Outcome]:
        pair = Pair(pem, prepare)
        # An older handshake has a flight more, but leads to the same.
        shaken = [*handshake(pair), *handshake(pair)][::-1]
        failed = [error for error in shaken if error is not None and error[2] is not None]
        pair.up.write_eof()
        return [shaken[-1], failed, pair.client.version(), pair.client.cipher(), outcome(pair.server.read)]

    assert simulated(script) == script()


OFFERS: list[tuple[list[str], list[str]]] = [
    (["h2", "http/1.1"], ["http/1.1", "h2"]),
    (["http/1.1"], ["h2", "http/1.1"]),
    (["h2"], ["http/1.1"]),
    ([], ["h2"]),
    (["h2"], []),
]


@pytest.mark.parametrize(("client", "server"), OFFERS)
def test_the_server_chooses_the_protocol_as_with_openssl(client: list[str], server: list[str], pem: str) -> None:
    def prepare(ours: ssl.SSLContext, theirs: ssl.SSLContext) -> None:
        if client:
            ours.set_alpn_protocols(client)
        if server:
            theirs.set_alpn_protocols(server)

    def script() -> list[Outcome]:
        pair = Pair(pem, prepare).shake()
        return [pair.client.selected_alpn_protocol(), pair.server.selected_alpn_protocol()]

    assert simulated(script) == script()


def test_a_context_from_before_the_run_keeps_its_protocols(pem: str) -> None:
    client, server = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for context in (client, server):
        context.set_alpn_protocols(["chat"])

    def script() -> list[Outcome]:
        pair = Pair(pem)
        pair.client = client.wrap_bio(pair.down, pair.up, server_hostname=NAME)
        pair.server = server.wrap_bio(pair.up, pair.down, server_side=True)
        pair.shake()
        return [pair.client.selected_alpn_protocol(), pair.server.selected_alpn_protocol()]

    assert simulated(script) == ["chat", "chat"]


JUNK = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"CONNECT example.test:443",
    b"hello world\n",
    b"220 mail.example.test\r\n",
    bytes(50),
    b"\xff" * 50,
    b"\x16\x03\x01\x00\x05aaaaa",
    b"\x17\x03\x03\x00\x05aaaaa",
    b"\x15\x03\x03\x00\x05aaaaa",
    b"\x16\x03\x01\xff\xffaaa",
    b"ab",
]


@pytest.mark.parametrize("junk", JUNK)
def test_what_is_no_tls_fails_the_handshake_as_with_openssl(junk: bytes, pem: str) -> None:
    def script() -> list[Outcome]:
        pair, other = Pair(pem), Pair(pem)
        pair.up.write(junk)
        outcome(other.client.do_handshake)
        other.down.write(junk)
        return [outcome(pair.server.do_handshake), outcome(other.client.do_handshake), outcome(other.client.read)]

    assert simulated(script) == script()


@pytest.mark.parametrize("junk", JUNK)
def test_what_is_no_tls_fails_an_open_connection(junk: bytes, pem: str) -> None:
    def script() -> list[Outcome]:
        pair = Pair(pem).shake()
        pair.up.write(junk)
        first = outcome(pair.server.read)
        return [first[:2], outcome(pair.server.read)]

    assert simulated(script) == script()


BAD_ENDS: list[tuple[int, dict[str, Any]]] = [
    (ssl.PROTOCOL_TLS_CLIENT, {"server_side": True}),
    (ssl.PROTOCOL_TLS_SERVER, {"server_hostname": "a"}),
    (ssl.PROTOCOL_TLS_CLIENT, {"server_hostname": ""}),
    (ssl.PROTOCOL_TLS_CLIENT, {"server_hostname": "a", "session": 3}),
]


@pytest.mark.parametrize(("protocol", "options"), BAD_ENDS)
def test_what_openssl_refuses_to_wrap_is_refused(protocol: int, options: dict[str, Any]) -> None:
    def script() -> list[Outcome]:
        context = ssl.SSLContext(protocol)
        return [outcome(lambda: context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), **options))]

    assert simulated(script) == script()


def test_outside_a_run_openssl_encrypts(pem: str) -> None:
    simulated(list)
    pair = Pair(pem).shake()
    pair.client.write(b"plain text")

    assert b"plain text" not in pair.up.read()


def test_the_same_bytes_go_over_the_wire_in_every_run(pem: str) -> None:
    def script() -> list[Outcome]:
        pair = Pair(pem)
        outcome(pair.client.do_handshake)
        hello = pair.up.read()
        pair.up.write(hello)
        pair.shake().client.write(b"plain text")
        return [hello, pair.up.read()]

    assert simulated(script) == simulated(script)
    assert b"plain text" in simulated(script)[1]
