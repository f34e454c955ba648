"""Requests. F-STR-11, F-REQ-05, R-STR-18."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from detrun.errors import BodyUsed
from detrun.runtime.http.body import Body
from detrun.runtime.http.forms import FormData
from detrun.runtime.http.request import Request, RequestHead
from detrun.runtime.http.signals import AbortController, AbortSignal
from tests.runtime.http.test_body import Source

URL = "http://a/b?c=d"


def test_a_request_is_a_get_without_a_body() -> None:
    request = Request(URL)

    assert (request.url, request.method, request.headers.items(), request.body) == (URL, "GET", [], None)
    assert (request.redirect, dict(request.cf), request.signal.aborted) == ("follow", {}, False)
    assert asyncio.run(request.bytes()) == b""


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("http://a:80/", "http://a/"),
        ("https://a:443/?q", "https://a/?q"),
        ("https://a:80/", "https://a:80/"),
        ("http://a/x#fragment", "http://a/x"),
        ("http://a/ü?ü=%20", "http://a/%C3%BC?%C3%BC=%20"),
        ("http://bücher.de/", "http://xn--bcher-kva.de/"),
        ("http://[::1]:8787/a", "http://[::1]:8787/a"),
        ("ws://a/b", "ws://a/b"),
    ],
)
def test_a_url_is_spelled_in_one_way(url: str, spelled: str) -> None:
    assert Request(url).url == spelled
    assert Request(spelled).url == spelled


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("/rooms/a", "expected an absolute url, got '/rooms/a': begin it with http://"),
        ("rooms", "expected an absolute url"),
        ("", "expected an absolute url"),
        ("//a/b", "begins with http:// or https://"),
        ("ftp://a/b", "begins with http:// or https://"),
        ("http:///b", "begins with http:// or https:// and a host"),
        ("http://a:b/", "expected a url, got"),
        ("http://[a/", "expected a url, got"),
        ("http://a b/", "without spaces"),
        ("http://a/\n", "without spaces"),
        ("http://user:word@a/", "expected a url without a user"),
    ],
)
def test_a_url_is_absolute(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Request(url)


@pytest.mark.parametrize(("method", "spelled"), [("post", "POST"), ("Delete", "DELETE"), ("chicken", "chicken")])
def test_known_methods_are_in_upper_case(method: str, spelled: str) -> None:
    assert Request(URL, method=method).method == spelled


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"method": "a b"}, "expected the name of a method"),
        ({"method": "trace"}, "expected a method other than CONNECT, TRACE, TRACK"),
        ({"redirect": "maybe"}, "expected redirect to be one of follow, manual, error"),
        ({"headers": {"a": "b\nc"}}, "expected the header 'a'"),
    ],
)
def test_options_that_make_no_request_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Request(URL, **options)


@pytest.mark.parametrize("method", ["GET", "head"])
def test_a_get_has_no_body(method: str) -> None:
    with pytest.raises(TypeError, match=f"expected a {method.upper()} request to have no body"):
        Request(URL, method=method, body=b"")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("a", "text/plain;charset=UTF-8"),
        (b"a", None),
        (Source(b"a"), None),
        (Body(b"a"), None),
        (FormData([("a", "b")]), "multipart/form-data"),
    ],
)
def test_a_body_says_what_it_is_unless_the_headers_do(body: Any, content_type: str | None) -> None:
    request = Request(URL, method="POST", body=body)
    found = request.headers.get("content-type")

    assert (found and found.partition("; ")[0]) == content_type
    assert Request(URL, method="POST", body="a", headers={"Content-Type": "x/y"}).headers["content-type"] == "x/y"


@pytest.mark.parametrize("body", [{"a": 1}, [1], 3])
def test_a_body_is_no_object(body: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        Request(URL, method="POST", body=body)


READ: list[tuple[bytes, str | None, Callable[[Request], Any], object]] = [
    (b'{"a": [1]}', None, Request.json, {"a": [1]}),
    (b"\xef\xbb\xbf1", None, Request.json, 1),
    (b"\xc3\xbc", None, Request.text, "ü"),
    (b"\xfc", "text/plain; charset=latin-1", Request.text, "ü"),
    (b"\xfc", "text/plain; charset=utf-8", Request.text, "\ufffd"),
    (b"\xc3\xbc", "text/plain; charset=nonsense", Request.text, "ü"),
    (b"\xef\xbb\xbfa", None, Request.text, "a"),
    (b"a=b", "application/x-www-form-urlencoded", Request.form, FormData([("a", "b")])),
    (b"\xff", None, Request.bytes, b"\xff"),
]


@pytest.mark.parametrize(("data", "content_type", "read", "found"), READ)
def test_a_body_is_read_as_what_it_is(
    data: bytes, content_type: str | None, read: Callable[[Request], Any], found: object
) -> None:
    headers = {"content-type": content_type} if content_type else {}

    async def main() -> None:
        for body in (data, Source(data[:1], data[1:])):
            request = Request(URL, method="POST", body=body, headers=headers)
            assert await read(request) == found
            assert request.body_used
            with pytest.raises(OSError, match="already used"):
                await read(request)

    asyncio.run(main())


def test_a_body_is_iterated_in_its_chunks() -> None:
    async def main() -> None:
        request = Request(URL, method="PUT", body=Source(b"a", b"", b"b"))
        assert [chunk async for chunk in request] == [b"a", b"", b"b"]
        assert [chunk async for chunk in Request(URL)] == []

    asyncio.run(main())


def test_to_wrap_a_request_again_moves_its_body() -> None:  # F-STR-11, R-STR-18
    async def main() -> None:
        source = Source(b"a", b"b")
        incoming = Request(URL, method="POST", body=source, headers={"a": "1"}, cf={"colo": "FRA"})
        outgoing = Request(incoming, headers={"b": "2"})

        assert (outgoing.url, outgoing.method, outgoing.cf) == (URL, "POST", {"colo": "FRA"})
        assert (outgoing.headers.items(), outgoing.signal) == ([("b", "2")], incoming.signal)
        assert incoming.body_used
        assert await outgoing.bytes() == b"ab"
        with pytest.raises(BodyUsed):
            Request(incoming)

    asyncio.run(main())


def test_no_body_leaves_the_body_where_it_is() -> None:  # F-STR-11
    async def main() -> None:
        incoming = Request(URL, method="POST", body=Source(b"a"))
        outgoing = Request(incoming, method="GET", body=None)

        assert (outgoing.method, outgoing.body) == ("GET", None)
        assert await incoming.bytes() == b"a"

    asyncio.run(main())


def test_another_body_leaves_the_body_where_it_is() -> None:
    incoming = Request(URL, method="POST", body="a")
    outgoing = Request(incoming, body="b")

    assert asyncio.run(outgoing.text()) == "b"
    assert not incoming.body_used


def test_headers_of_a_wrapped_request_are_its_own() -> None:
    incoming = Request(URL, headers={"a": "1"})
    outgoing = Request(incoming)
    outgoing.headers["a"] = "2"

    assert incoming.headers["a"] == "1"


def test_a_clone_has_a_body_of_its_own() -> None:
    async def main() -> None:
        request = Request(URL, method="POST", body=Source(b"a", b"b"), headers={"a": "1"})
        clone = request.clone()

        assert (clone.url, clone.method, clone.headers) == (request.url, request.method, request.headers)
        assert await request.bytes() == b"ab"
        assert await clone.text() == "ab"
        with pytest.raises(BodyUsed, match="clone the request before"):
            request.clone()

    asyncio.run(main())


def test_a_request_comes_apart_and_together_again() -> None:
    async def main() -> None:
        request = Request(URL, method="POST", body=Source(b"a"), headers=[("a", "1"), ("a", "2")], cf={"n": [1]})
        head, body = request.to_parts()
        assert request.body_used

        travelled = msgspec.msgpack.decode(msgspec.msgpack.encode(head), type=RequestHead)
        signal = AbortController().signal
        made = Request.from_parts(travelled, body, signal)

        assert travelled == head
        assert (made.url, made.method, made.headers, dict(made.cf)) == (URL, "POST", request.headers, {"n": [1]})
        assert made.signal is signal
        assert await made.text() == "a"

    asyncio.run(main())


def test_a_signal_is_kept() -> None:
    assert Request(URL, signal=AbortSignal.abort("no")).signal.reason == "no"


def test_cf_cannot_be_changed() -> None:  # F-REQ-05
    with pytest.raises(TypeError):
        Request(URL, cf={"a": 1}).cf["a"] = 2  # type: ignore[index]
