"""Responses. F-STR-06, F-STR-13."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from detrun.errors import BodyUsed
from detrun.runtime.http.forms import FormData
from detrun.runtime.http.response import Response, ResponseHead
from tests.runtime.http.test_body import Source


def test_a_response_is_fine_unless_it_says_otherwise() -> None:
    response = Response("a")

    assert (response.status, response.status_text, response.ok) == (200, "OK", True)
    assert response.headers.items() == [("content-type", "text/plain;charset=UTF-8")]
    assert asyncio.run(response.text()) == "a"


@pytest.mark.parametrize(("status", "ok"), [(200, True), (299, True), (300, False), (404, False), (599, False)])
def test_only_some_are_fine(status: int, ok: bool) -> None:  # noqa: FBT001
    assert Response(status=status).ok is ok


@pytest.mark.parametrize("status", [0, 99, 100, 102, 199, 600, 1000, -1])
def test_a_status_is_a_final_one(status: int) -> None:
    with pytest.raises(ValueError, match="expected a status from 200 to 599"):
        Response(status=status)


def test_only_what_has_a_socket_switches_protocols() -> None:
    socket: Any = object()

    assert Response(web_socket=socket).status == Response(status=101, web_socket=socket).status == 101
    with pytest.raises(ValueError, match="to have a web_socket"):
        Response(status=101)
    with pytest.raises(ValueError, match="expected a response with a socket to have status 101, got 204"):
        Response(status=204, web_socket=socket)
    with pytest.raises(TypeError, match="status 101 to have no body"):
        Response("a", web_socket=socket)
    with pytest.raises(TypeError, match="cannot be cloned"):
        Response(web_socket=socket).clone()


@pytest.mark.parametrize("status", [204, 205, 304])
@pytest.mark.parametrize("body", ["", b"", "a", Source()])
def test_some_have_no_body(status: int, body: Any) -> None:
    assert Response(status=status).body is None
    with pytest.raises(TypeError, match=f"expected a response of status {status} to have no body"):
        Response(body, status=status)


@pytest.mark.parametrize(
    ("status", "given", "text"), [(404, None, "Not Found"), (299, None, ""), (200, "fine", "fine"), (200, "", "")]
)
def test_a_status_has_a_text(status: int, given: str | None, text: str) -> None:
    assert Response(status=status, status_text=given).status_text == text


@pytest.mark.parametrize("text", ["a\nb", "a\r", "ü"])
def test_a_status_text_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="expected a status text of one line"):
        Response(status_text=text)


def test_json_is_made_and_read_by_one_name() -> None:
    async def main() -> None:
        response = Response.json({"a": [1, "ü"]}, status=201, headers={"b": "c"})

        assert (response.status, response.headers["content-type"], response.headers["b"]) == (
            201,
            "application/json",
            "c",
        )
        assert response.body is not None
        assert response.body.data == b'{"a": [1, "\\u00fc"]}'
        assert await response.json() == {"a": [1, "ü"]}
        with pytest.raises(OSError, match="already used"):
            await response.json()

    asyncio.run(main())


def test_json_keeps_a_content_type_that_was_given() -> None:
    assert Response.json(1, headers={"content-type": "x/y"}).headers.items() == [("content-type", "x/y")]


def test_a_redirect_says_where_to() -> None:
    response = Response.redirect("http://a/b", 307)

    assert (response.status, response.headers["location"]) == (307, "http://a/b")
    assert Response.redirect("http://a").status == 302
    with pytest.raises(ValueError, match="expected a redirect of status 301, 302, 303, 307, 308, got 200"):
        Response.redirect("http://a/b", 200)
    with pytest.raises(ValueError, match="expected an absolute url"):
        Response.redirect("/b")


def test_a_clone_has_a_body_of_its_own() -> None:
    async def main() -> None:
        response = Response(Source(b"a", b"b"), status=201, headers={"a": "1"})
        clone = response.clone()
        clone.headers["a"] = "2"

        assert (clone.status, clone.status_text, response.headers["a"]) == (201, "Created", "1")
        assert await clone.text() == await response.text() == "ab"
        with pytest.raises(BodyUsed, match="clone the response before"):
            response.clone()

    asyncio.run(main())


def test_a_form_can_be_answered() -> None:
    form = FormData([("a", "b")])

    assert asyncio.run(Response(form).form()) == form


def test_a_response_comes_apart_and_together_again() -> None:
    async def main() -> None:
        socket: Any = object()
        response = Response(Source(b"a"), status=201, headers=[("set-cookie", "a"), ("set-cookie", "b")])
        head, body = response.to_parts()

        travelled = msgspec.msgpack.decode(msgspec.msgpack.encode(head), type=ResponseHead)
        made = Response.from_parts(travelled, body, socket)

        assert response.body_used
        assert (made.status, made.status_text, made.web_socket) == (201, "Created", socket)
        assert made.headers.get_all("set-cookie") == ["a", "b"]
        assert await made.bytes() == b"a"

    asyncio.run(main())


def test_a_used_body_cannot_be_handed_on() -> None:
    async def main() -> None:
        response = Response("a")
        await response.text()
        with pytest.raises(BodyUsed):
            response.to_parts()

    asyncio.run(main())
