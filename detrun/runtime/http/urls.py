"""Addresses as requests have them: absolute, of http or https, spelled in one way."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

_SCHEMES = ("http", "https", "ws", "wss")
# What stands for itself in a path or a query, escapes that are there already included.
_SAFE = "!$%&'()*+,-./:;=?@[]_~|"


def absolute(url: str) -> str:
    """The same address with scheme and host in lower case, a path, and nothing but ASCII; without a fragment."""
    if not isinstance(url, str):
        raise TypeError(f"expected a url as a str, got {type(url).__name__}")
    if any(character <= " " or character == "\x7f" for character in url):
        raise ValueError(f"expected a url without spaces and control characters, got {url!r}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"expected a url, got {url!r}: {error}") from error
    if not parts.scheme and not parts.netloc:
        raise ValueError(f"expected an absolute url, got {url!r}: begin it with http:// and a host, any host")
    if parts.scheme not in _SCHEMES or not host:
        raise ValueError(f"expected a url that begins with http:// or https:// and a host, got {url!r}")
    if parts.username is not None:
        raise ValueError("expected a url without a user: send an authorization header")
    place = _host(host) if port is None or port == _default(parts.scheme) else f"{_host(host)}:{port}"
    return urlunsplit((parts.scheme, place, quote(parts.path or "/", safe=_SAFE), quote(parts.query, safe=_SAFE), ""))


def _default(scheme: str) -> int:
    return 80 if scheme in ("http", "ws") else 443


def _host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f"expected the name of a host, got {host!r}") from error
