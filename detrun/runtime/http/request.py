"""A request, as a handler is given it and as it makes one."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from detrun.runtime.http.headers import Headers, Initial, is_token
from detrun.runtime.http.reading import Content, Reading, extracted
from detrun.runtime.http.signals import AbortSignal
from detrun.runtime.http.urls import absolute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from detrun.runtime.http.body import Body

_BODILESS = ("GET", "HEAD")
_FORBIDDEN = ("CONNECT", "TRACE", "TRACK")
_NORMALIZED = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
Redirect = Literal["follow", "manual", "error"]
_REDIRECTS = ("follow", "manual", "error")


class _Unsaid(Enum):
    """For a body, `None` says something."""

    UNSAID = 0


class RequestHead(msgspec.Struct, frozen=True, array_like=True):
    """All of a request but its body, as plain data."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    cf: dict[str, Any] = {}
    redirect: Redirect = "follow"


class Request(Reading):
    """An absolute url, a method, headers, and perhaps a body that is read once.

    Made of another request it has from that whatever is not given, its body too; `body=None` leaves the body there.
    """

    def __init__(
        self,
        resource: str | Request,
        *,
        method: str | None = None,
        headers: Headers | Initial = None,
        body: Content | _Unsaid = _Unsaid.UNSAID,
        cf: Mapping[str, object] | None = None,
        signal: AbortSignal | None = None,
        redirect: Redirect | None = None,
    ) -> None:
        other = resource if isinstance(resource, Request) else _blank(resource)
        self.url: str = other.url
        self.method: str = other.method if method is None else _method(method)
        self.headers = Headers(other.headers if headers is None else headers)
        self.cf: Mapping[str, object] = other.cf if cf is None else MappingProxyType(dict(cf))
        self.signal: AbortSignal = other.signal if signal is None else signal
        self.redirect: Redirect = other.redirect if redirect is None else _redirect(redirect)
        content = other.body if isinstance(body, _Unsaid) else body
        if content is not None and self.method in _BODILESS:
            raise TypeError(f"expected a {self.method} request to have no body, got one: give it body=None")
        self.body = extracted(content, self.headers)

    async def json(self) -> Any:
        """The value that the body is as JSON."""
        return await self._json()

    def clone(self) -> Request:
        """The same request once more; both have a body that can be read."""
        second = self._second_body("request")
        made = Request(self, body=None)
        made.body = second
        return made

    def to_parts(self) -> tuple[RequestHead, Body | None]:
        """Plain data, and the body, which is the receiver's from here on."""
        head = RequestHead(self.method, self.url, self.headers.items(), dict(self.cf), self.redirect)
        return head, self._take_body()

    @classmethod
    def from_parts(cls, head: RequestHead, body: Body | None, signal: AbortSignal | None = None) -> Request:
        """The request that had these parts. What another context has checked is not checked again."""
        made = cls.__new__(cls)
        made.method, made.url, made.redirect = head.method, head.url, head.redirect
        made.headers = Headers.of_pairs(head.headers)
        made.cf = MappingProxyType(dict(head.cf))
        made.signal = AbortSignal() if signal is None else signal
        made.body = body
        return made

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url}>"


def _blank(url: str) -> Request:
    return Request.from_parts(RequestHead("GET", absolute(url), []), None)


def _method(method: str) -> str:
    if not is_token(method):
        raise ValueError(f"expected the name of a method, got {method!r}")
    if method.upper() in _FORBIDDEN:
        raise ValueError(f"expected a method other than {', '.join(_FORBIDDEN)}, got {method!r}")
    return method.upper() if method.upper() in _NORMALIZED else method


def _redirect(redirect: Redirect) -> Redirect:
    if redirect not in _REDIRECTS:
        raise ValueError(f"expected redirect to be one of {', '.join(_REDIRECTS)}, got {redirect!r}")
    return redirect
