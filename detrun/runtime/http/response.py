"""A response, as a handler gives it and as it gets one."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, overload

import msgspec

from detrun.runtime.http.headers import Headers, Initial
from detrun.runtime.http.reading import Content, Reading, extracted
from detrun.runtime.http.urls import absolute

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from detrun.runtime.http.body import Body
    from detrun.runtime.sockets import WebSocket

_REDIRECTS = (301, 302, 303, 307, 308)
_BODILESS = (101, 204, 205, 304)


class ResponseHead(msgspec.Struct, frozen=True, array_like=True):
    """All of a response but its body and its socket, as plain data."""

    status: int
    status_text: str
    headers: list[tuple[str, str]]


class _Json:
    """`Response.json(value)` makes a response, `await response.json()` reads one, as on the platform."""

    @overload
    def __get__(self, response: None, kind: type[Response]) -> Callable[..., Response]: ...
    @overload
    def __get__(self, response: Response, kind: type[Response]) -> Callable[[], Awaitable[Any]]: ...
    def __get__(self, response: Response | None, kind: type[Response]) -> Callable[..., Any]:
        return kind._of_json if response is None else response._json


class Response(Reading):
    """A status, headers, and perhaps a body that is read once; or a socket, and then the status is 101."""

    json = _Json()

    def __init__(
        self,
        body: Content = None,
        *,
        status: int = 200,
        status_text: str | None = None,
        headers: Headers | Initial = None,
        web_socket: WebSocket | None = None,
    ) -> None:
        self.status = _status(status, web_socket)
        self.status_text = _text(status, status_text)
        self.headers = Headers(headers)
        self.web_socket = web_socket
        if body is not None and self.status in _BODILESS:
            raise TypeError(f"expected a response of status {self.status} to have no body, got one")
        self.body = extracted(body, self.headers)

    @property
    def ok(self) -> bool:
        """Whether the status says that it went well."""
        return 200 <= self.status < 300

    @classmethod
    def _of_json(
        cls, value: object, *, status: int = 200, status_text: str | None = None, headers: Headers | Initial = None
    ) -> Response:
        made = Headers(headers)
        if "content-type" not in made:
            made.set("content-type", "application/json")
        return cls(json.dumps(value).encode(), status=status, status_text=status_text, headers=made)

    @classmethod
    def redirect(cls, url: str, status: int = 302) -> Response:
        """A response that sends whoever asked elsewhere."""
        if status not in _REDIRECTS:
            raise ValueError(f"expected a redirect of status {', '.join(map(str, _REDIRECTS))}, got {status!r}")
        return cls(status=status, headers={"location": absolute(url)})

    def clone(self) -> Response:
        """The same response once more; both have a body that can be read."""
        if self.web_socket is not None:
            raise TypeError("a response with a socket cannot be cloned: a socket has one owner")
        second = self._second_body("response")
        return self.from_parts(ResponseHead(self.status, self.status_text, self.headers.items()), second)

    def to_parts(self) -> tuple[ResponseHead, Body | None]:
        """Plain data, and the body, which is the receiver's from here on; `web_socket` stands beside them."""
        return ResponseHead(self.status, self.status_text, self.headers.items()), self._take_body()

    @classmethod
    def from_parts(cls, head: ResponseHead, body: Body | None, web_socket: WebSocket | None = None) -> Response:
        """The response that had these parts. What another context has checked is not checked again."""
        made = cls.__new__(cls)
        made.status, made.status_text = head.status, head.status_text
        made.headers = Headers.of_pairs(head.headers)
        made.web_socket = web_socket
        made.body = body
        return made

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.status_text}>"


def _status(status: int, web_socket: object) -> int:
    if web_socket is not None and status not in (101, 200):
        raise ValueError(f"expected a response with a socket to have status 101, got {status!r}")
    if web_socket is not None:
        return 101
    if status == 101:
        raise ValueError("expected a response of status 101 to have a web_socket, got none")
    if not 200 <= status <= 599:
        raise ValueError(f"expected a status from 200 to 599, got {status!r}")
    return status


def _text(status: int, given: str | None) -> str:
    if given is None:
        return HTTPStatus(status).phrase if status in _KNOWN else ""
    if not given.isprintable() or not given.isascii():
        raise ValueError(f"expected a status text of one line in ASCII, got {given!r}")
    return given


_KNOWN = frozenset(map(int, HTTPStatus))
