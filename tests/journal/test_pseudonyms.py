"""Secrets: what is found in which form, what stands for it, and that a run that is shared has none."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detrun.journal.entries import Emitted, Entry, Failed, InputKind, Named, OutputKind, Received, Sent
from detrun.journal.header import Header
from detrun.journal.pseudonyms import Pseudonyms, _any_of
from detrun.journal.reader import Journal
from detrun.journal.recorder import Level, Recorder
from detrun.journal.redacting import Redacting
from detrun.journal.sharing import Sharing
from detrun.journal.sinks import Kept
from detrun.journal.writer import Durability, Writer
from detrun.model import EventId, Failure

TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.secretsecret"
SESSION = "s3ss10n-0123456789"
KEY = "sk-live-abcdefghijklmnop"
SECRETS = {"API_KEY": KEY}

REQUEST = (
    f"GET / HTTP/1.1\r\nHost: a\r\nauthorization: Bearer {TOKEN}\r\nCookie: theme=dark; sid={SESSION}\r\n\r\nkey={KEY}"
).encode()

FORMS = [
    f"GET / HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\nHost: a\r\n\r\n".encode(),
    f"HTTP/1.1 200 OK\r\nSet-Cookie: sid={TOKEN}; Path=/; HttpOnly\r\n\r\n".encode(),
    f"PROXY-AUTHORIZATION:{TOKEN}".encode(),
    json.dumps({"Authorization": f"Bearer {TOKEN}", "b": 1}).encode(),
    repr({"Authorization": f"Bearer {TOKEN}", "b": 1}).encode(),
    repr([(b"authorization", TOKEN.encode()), (b"b", b"c")]).encode(),
    msgspec.msgpack.encode({"authorization": TOKEN, "b": 1}),
    msgspec.msgpack.encode([["Cookie", f"sid={TOKEN}"], ["b", 1]]),
    msgspec.msgpack.encode([[b"authorization", b"Bearer " + TOKEN.encode()], ["b", 1]]),
    msgspec.msgpack.encode({"authorization": TOKEN * 10, "b": 1}),
]


@pytest.mark.parametrize("data", FORMS)
def test_a_header_is_found_however_it_is_spelled(data: bytes) -> None:
    changed = Pseudonyms().data(data)

    assert TOKEN.encode() not in changed
    assert len(changed) == len(data)
    for one, other in pairwise((data, changed)):
        assert one[:10] == other[:10]
        assert one[-3:] == other[-3:] or b"PROXY" in one


def test_what_was_readable_stays_readable() -> None:
    changed = Pseudonyms(SECRETS).data(REQUEST).decode()

    assert changed.splitlines() == [
        "GET / HTTP/1.1",
        "Host: a",
        f"authorization: Bearer {'authorization-1'.ljust(len(TOKEN), '.')}",
        f"Cookie: theme=****; sid={'cookie-1'.ljust(len(SESSION), '.')}",
        "",
        f"key={'API_KEY-1'.ljust(len(KEY), '.')}",
    ]
    packed = Pseudonyms().data(FORMS[6])
    assert msgspec.msgpack.decode(packed) == {"authorization": "authorization-1".ljust(len(TOKEN), "."), "b": 1}


def test_one_secret_has_one_pseudonym_wherever_it_is() -> None:
    pseudonyms = Pseudonyms()
    first = pseudonyms.data(f"Authorization: Bearer {TOKEN}\r\n".encode())
    other = pseudonyms.data(f"Authorization: Bearer {TOKEN[::-1]}\r\n".encode())

    assert pseudonyms.data(f"Authorization: Bearer {TOKEN}\r\n".encode()) == first != other
    assert pseudonyms.text(f"no such token: {TOKEN}") == f"no such token: {first[22:-2].decode()}"


@pytest.mark.parametrize("cut", range(1, len(REQUEST)))
def test_a_secret_in_two_pieces_is_found_in_both(cut: int) -> None:
    pseudonyms = Pseudonyms(SECRETS)
    pieces = [pseudonyms.data(piece, "client-1") for piece in (REQUEST[:cut], REQUEST[cut:])]
    changed = b"".join(pieces)

    assert len(changed) == len(REQUEST)
    for secret in (TOKEN, SESSION, KEY):
        for begin in range(len(secret) - 4):
            assert secret[begin : begin + 5].encode() not in changed, (cut, changed)


@pytest.mark.parametrize("data", FORMS)
def test_a_secret_in_pieces_is_found_in_whatever_form(data: bytes) -> None:
    for cut in range(1, len(data)):
        pseudonyms = Pseudonyms()
        changed = b"".join(pseudonyms.data(piece, "client-1") for piece in (data[:cut], data[cut:]))
        assert len(changed) == len(data)
        for begin in range(len(TOKEN) - 4):
            assert TOKEN[begin : begin + 5].encode() not in changed, (cut, changed)


@pytest.mark.parametrize("seed", range(30))
def test_after_a_first_reading_pieces_have_the_same_pseudonym(seed: int) -> None:
    random, pseudonyms = Random(seed), Pseudonyms(SECRETS)
    cuts = sorted(random.sample(range(1, len(REQUEST)), 3))
    pieces = [REQUEST[begin:end] for begin, end in pairwise([0, *cuts, len(REQUEST)])]
    whole = Pseudonyms(SECRETS).data(REQUEST)
    for piece in pieces:
        pseudonyms.data(piece, "client-1")
    pseudonyms.again()
    changed = b"".join(pseudonyms.data(piece, "client-1") for piece in pieces)

    same = sum(one == other for one, other in zip(whole, changed, strict=True))
    assert same >= len(whole) - 16  # but for what is too short to be known yet, at the ends of pieces


@pytest.mark.parametrize("secret", ["a", "ab", "abcdef", "é" * 20, "\ud800"])
def test_a_secret_may_be_anything(secret: str) -> None:
    pseudonyms = Pseudonyms({"IT": secret, "EMPTY": ""})
    data = b"<" + secret.encode("utf-8", "surrogatepass") + b">"

    assert secret.encode("utf-8", "surrogatepass") not in pseudonyms.data(data)
    assert len(pseudonyms.data(data)) == len(data)


PIECES = st.lists(
    st.one_of(
        st.sampled_from([b"authorization", b"Cookie: ", b": ", b"=", b";", b"\r\n", b'"', KEY.encode(), b"Bearer "]),
        st.binary(max_size=8),
    ),
    max_size=12,
)


@given(pieces=PIECES, secrets=st.dictionaries(st.sampled_from("abc"), st.text(max_size=5), max_size=2))
@settings(derandomize=True, deadline=None)
def test_whatever_it_is_it_stays_as_long_as_it_was(pieces: list[bytes], secrets: dict[str, str]) -> None:
    pseudonyms = Pseudonyms({**SECRETS, **secrets})
    for piece in pieces:
        assert len(pseudonyms.data(piece, "client-1")) == len(piece)
    whole = b"".join(pieces)
    assert len(pseudonyms.data(whole)) == len(whole)
    assert KEY.encode() not in pseudonyms.data(whole)


def record(recorder: Recorder) -> None:
    channel = recorder.name(f"connection with {KEY}")
    recorder.generation_moved(0, 1, 1, sources={"app.py": f"KEY = {KEY!r}".encode()})  # type: ignore[arg-type]
    for number, piece in enumerate((REQUEST[:70], REQUEST[70:])):
        recorder.received(number, InputKind.READ, EventId((1, number)), channel, piece)
    recorder.sent(2, EventId((2, 1)), channel, FORMS[6])
    recorder.received(2, InputKind.EXECUTOR, EventId((3, 1)), channel, b"x" * 1_500_000 + KEY.encode())
    recorder.emitted(3, OutputKind.WRITE, EventId((4, 1)), channel, f"Set-Cookie: sid={SESSION}; Path=/\r\n".encode())
    recorder.failed(4, Failure("exception", f"no {TOKEN}", None, f"Traceback: {SESSION}"))


def written(path: Path, entries: list[Entry], header: Header) -> Path:
    with Writer(path, header, durability=Durability.NONE) as writer:
        for entry in entries:
            writer.append(entry)
    return path


def assert_without_secrets(entries: list[Entry]) -> None:
    everything = repr(entries)
    for secret in (TOKEN, SESSION, KEY):
        assert secret not in everything
        assert secret[:8] not in everything
        assert secret[-8:] not in everything


def test_a_run_that_is_shared_has_no_secrets_and_is_the_same_otherwise(tmp_path: Path) -> None:
    kept = Kept()
    record(Recorder(kept, Level.FULL))
    journal = Journal(written(tmp_path / "run.bin", kept.entries, Header(run="1", environment={"API_KEY": "old"})))
    sharing = Sharing(journal.entries, SECRETS)
    shared = list(sharing.entries())
    header = sharing.header(journal.header)

    assert_without_secrets(shared)
    assert [type(entry) for entry in shared] == [type(entry) for entry in kept.entries]
    assert header.environment == {"API_KEY": "***"}
    assert header.redacted == (
        "header authorization",
        "header cookie",
        "header proxy-authorization",
        "header set-cookie",
        "secret API_KEY",
    )
    again = Journal(written(tmp_path / "shared.bin", shared, header))
    large = next(entry for entry in again.entries(2) if isinstance(entry, Received) and entry.blob)
    assert b"".join(again.blob(large.blob)).endswith(b"API_KEY-1".ljust(len(KEY), b"."))


def test_a_run_is_shared_in_the_same_words_each_time() -> None:
    kept = Kept()
    record(Recorder(kept, Level.FULL))

    first, second = (list(Sharing(lambda: kept.entries, SECRETS).entries()) for _ in range(2))
    assert first == second


def test_a_secret_has_the_same_pseudonym_in_all_entries() -> None:
    kept = Kept()
    record(Recorder(kept, Level.FULL))
    shared = list(Sharing(lambda: kept.entries, SECRETS).entries())
    pseudonym = "authorization-1".ljust(len(TOKEN), ".")

    assert pseudonym in next(entry for entry in shared if isinstance(entry, Failed)).message
    assert pseudonym.encode() in next(entry for entry in shared if isinstance(entry, Sent)).payload
    assert b"cookie-1" in next(entry for entry in shared if isinstance(entry, Emitted)).payload
    assert next(entry for entry in shared if isinstance(entry, Named)).text.startswith("connection with API_KEY-1")


@pytest.mark.parametrize("level", Level)
def test_a_redacting_recorder_writes_no_secrets(level: Level) -> None:
    kept = Kept()
    record(Redacting(kept, Pseudonyms(SECRETS), level))

    assert_without_secrets(kept.entries)


def test_many_secrets_take_no_time_without_end() -> None:
    kept = Kept()
    recorder = Recorder(kept)
    tokens = [f"session-{Random(number).getrandbits(128):032x}" for number in range(3_000)]
    for number, token in enumerate(tokens):
        header = f"Cookie: sid={token}\r\n\r\n".encode()
        recorder.received(number, InputKind.REQUEST, EventId((number, 1)), 0, header)
    recorder.received(9_999, InputKind.EXECUTOR, EventId((1, 1)), 0, " ".join(tokens).encode())
    shared = list(Sharing(lambda: kept.entries).entries())

    assert isinstance(shared[-1], Received)
    assert shared[-1].payload.split() == [f"cookie-{number}".ljust(40, ".").encode() for number in range(1, 3_001)]


@given(words=st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=8, unique=True), text=st.binary())
@settings(derandomize=True, deadline=None)
def test_a_tree_of_words_finds_what_a_list_does(words: list[bytes], text: bytes) -> None:
    listed = re.compile(b"|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
    text += b"".join(words)

    assert _any_of(words).findall(text) == listed.findall(text)


def test_secrets_that_begin_one_another_are_all_replaced() -> None:
    pseudonyms = Pseudonyms(most=3_000)
    for size in range(6, 2_000):
        pseudonyms.learn(f"Authorization: {'a' * size}\r\n".encode())

    assert b"a" * 6 not in pseudonyms.data(b"a" * 1_999)
