"""Redirections: the request that follows when a response says that what was asked for is elsewhere."""

from __future__ import annotations

from urllib.parse import urljoin

from detrun.runtime.http.request import Request
from detrun.runtime.http.response import Response

_STATUSES = (301, 302, 303, 307, 308)
# These have the request made again as it was; others have its target looked up.
_SAME = (307, 308)


def spare(request: Request) -> Request | None:
    """The same request once more, if its body is here: that of a stream cannot be sent twice."""
    whole = request.body is None or request.body.data is not None
    return request.clone() if whole and request.redirect == "follow" else None


def following(request: Request, again: Request | None, response: Response) -> Request | None:
    """The request that a response asks for, if one is to be made."""
    place = response.headers.get("location") if response.status in _STATUSES else None
    if place is None or request.redirect == "manual":
        return None
    url = urljoin(request.url, place)
    if request.redirect == "error":
        raise TypeError(f"{request.url} is redirected to {url}, and the request asked for an error then")
    if response.status not in _SAME and request.method not in ("GET", "HEAD"):
        return Request(url, headers=request.headers, signal=request.signal)
    if again is None:
        raise TypeError(f"{request.url} is redirected to {url}, and the body of the request cannot be sent twice")
    again.url = url
    return again
