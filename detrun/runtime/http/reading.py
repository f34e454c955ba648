"""What requests and responses have in common: headers, and a body that is read once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from detrun.errors import BodyUsed
from detrun.runtime.http.body import Body, Buffer
from detrun.runtime.http.forms import FormData, multipart, parameters, parsed
from detrun.runtime.http.headers import Headers

Content = str | Buffer | FormData | Body | AsyncIterable[Buffer] | None
"""What a body can be made of."""

# Methods of these names would hide them within the class.
_Bytes = bytes


class Reading:
    """Has headers and perhaps a body; whoever reads it takes it."""

    headers: Headers
    body: Body | None

    @property
    def body_used(self) -> bool:
        return self.body is not None and self.body.used

    async def bytes(self) -> _Bytes:
        """All of the body."""
        return b"" if self.body is None else await self.body.read()

    async def text(self) -> str:
        """All of the body as text, in the charset that its content type names, or in UTF-8."""
        _, said = parameters(self.headers.get("content-type", "") or "")
        data = await self.bytes()
        try:
            text = data.decode(said.get("charset", "utf-8"), "replace")
        except LookupError:
            text = data.decode("utf-8", "replace")
        return text.removeprefix("\ufeff")

    async def form(self) -> FormData:
        """The form that the body is, of either content type that browsers send."""
        return parsed(await self.bytes(), self.headers.get("content-type"))

    def __aiter__(self) -> AsyncIterator[_Bytes]:
        """The chunks of the body, as they come."""
        return aiter(Body(b"") if self.body is None else self.body)

    async def _json(self) -> Any:
        return json.loads((await self.bytes()).removeprefix(b"\xef\xbb\xbf"))

    def _second_body(self, what: str) -> Body | None:
        if self.body_used:
            raise BodyUsed(f"the body was already used: clone the {what} before its body is read")
        return None if self.body is None else self.body.tee()

    def _take_body(self) -> Body | None:
        return None if self.body is None else self.body.take()


def extracted(content: Content, headers: Headers) -> Body | None:
    """The body of this content; its type goes to the headers, unless they say one."""
    if content is None:
        return None
    if isinstance(content, Body):
        return content.take()
    if isinstance(content, str):
        return _typed(content.encode(), "text/plain;charset=UTF-8", headers)
    if isinstance(content, FormData):
        return _typed(*multipart(content), headers)
    if isinstance(content, dict | list | tuple):
        raise TypeError(f"expected str, bytes, a form or a stream as a body, got {type(content).__name__}: send JSON")
    return Body(content)


def _typed(data: bytes, content_type: str, headers: Headers) -> Body:
    if "content-type" not in headers:
        headers.set("content-type", content_type)
    return Body(data)
