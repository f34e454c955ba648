"""Requests and responses between contexts: the head travels as plain data, a body that is not here yet as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from detrun.runtime import bridges
from detrun.runtime.carrying import Carrier
from detrun.runtime.http.body import Body
from detrun.runtime.http.headers import Headers
from detrun.runtime.http.request import Request, RequestHead
from detrun.runtime.http.response import Response, ResponseHead
from detrun.runtime.streams import Streams

if TYPE_CHECKING:
    from detrun.runtime.sessions import Side


class _Content(msgspec.Struct, array_like=True, frozen=True):
    """A body: its bytes, or the stream by which they come."""

    data: bytes | None = None
    stream: int | None = None


class _Request(msgspec.Struct, array_like=True, frozen=True):
    head: RequestHead
    body: _Content


class _Response(msgspec.Struct, array_like=True, frozen=True):
    head: ResponseHead
    body: _Content
    socket: int | None = None


def _sent(carrier: Carrier, body: Body | None) -> _Content:
    if body is None:
        return _Content()
    data = body.data
    return _Content(data) if data is not None else _Content(stream=Streams.export(carrier, body))


def _received(carrier: Carrier, content: _Content) -> Body | None:
    if content.stream is not None:
        return Body(Streams.revive(carrier, content.stream))
    return None if content.data is None else Body(content.data)


def _discarded(side: Side, content: _Content) -> None:
    if content.stream is not None:
        Streams.discard(side, content.stream)


class Requests:
    """Requests. Their signal does not travel: whoever receives one has that of his own event."""

    code = 3

    def export(self, carrier: Carrier, value: Any) -> Any:
        if not isinstance(value, Request):
            return NotImplemented
        head, body = value.to_parts()
        return _Request(head, _sent(carrier, body))

    def revive(self, carrier: Carrier, payload: Any) -> Request:
        request = msgspec.convert(payload, _Request)
        return Request.from_parts(request.head, _received(carrier, request.body), carrier.scope.controller.signal)

    def discard(self, side: Side, payload: Any) -> None:
        _discarded(side, msgspec.convert(payload, _Request).body)


class Responses:
    """Responses, with the socket that they may bring."""

    code = 4

    def export(self, carrier: Carrier, value: Any) -> Any:
        if not isinstance(value, Response):
            return NotImplemented
        # What is no socket is refused before the body is taken.
        socket = None if value.web_socket is None else bridges.shipped(carrier, value.web_socket)
        head, body = value.to_parts()
        return _Response(head, _sent(carrier, body), socket)

    def revive(self, carrier: Carrier, payload: Any) -> Response:
        response = msgspec.convert(payload, _Response)
        made = Response.from_parts(response.head, _received(carrier, response.body))
        if response.socket is not None:
            made.web_socket = bridges.received(carrier, response.socket, made.headers)
        return made

    def discard(self, side: Side, payload: Any) -> None:
        response = msgspec.convert(payload, _Response)
        _discarded(side, response.body)
        if response.socket is not None:
            bridges.discard(side, response.socket)


class HeaderLists:
    """Headers, as the list of pairs that they are."""

    code = 5

    def export(self, carrier: Carrier, value: Any) -> Any:
        return value.items() if isinstance(value, Headers) else NotImplemented

    def revive(self, carrier: Carrier, payload: Any) -> Headers:
        return Headers([(name, content) for name, content in payload])

    def discard(self, side: Side, payload: Any) -> None:
        """Nothing is left of it."""
