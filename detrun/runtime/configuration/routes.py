"""Which worker answers a request: patterns of hosts and paths, and which of them goes before which."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

_SCHEME = re.compile(r"^\w+://")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")


class Route(Struct, frozen=True):
    """Requests for a host, or for any, whose path is this or begins with what is before the star, are a worker's."""

    worker: str
    path: str
    host: str | None = None

    def __str__(self) -> str:
        return f"{self.host or ''}{self.path}"

    def matches(self, host: str, path: str) -> bool:
        """Whether a request is for this route."""
        if self.host is not None and not _is_host(self.host, host):
            return False
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path

    @property
    def precedence(self) -> tuple[bool, int, bool, int, int]:
        """Of two routes that match, the one for which this is greater goes first."""
        segments = sum(1 for segment in self.path.rstrip("*").split("/") if segment)
        host = 0 if self.host is None else 1 if self.host.startswith("*") else 2
        return not self.path.endswith("*"), segments, self.path.endswith("/*"), host, len(str(self))


def worker_for(routes: Iterable[Route], main: str, host: str, path: str) -> str:
    """The worker that answers; the main one where no route matches. Of routes that are alike, the first counts."""
    name = bare(host)
    found = [route for route in routes if route.matches(name, path)]
    return max(found, key=lambda route: route.precedence).worker if found else main


def duplicates(routes: Iterable[Route]) -> list[tuple[Route, Route]]:
    """Routes that never get anything, each with the earlier one that does."""
    first: dict[tuple[str | None, str], Route] = {}
    found = [(route, first.setdefault((route.host, route.path), route)) for route in routes]
    return [(route, earlier) for route, earlier in found if route is not earlier]


def parsed(pattern: str) -> tuple[str | None, str]:
    """Host and path of a pattern such as `/api/*`, `example.com/api*` or `https://*.example.com/*`."""
    rest = _SCHEME.sub("", pattern)
    if rest.startswith("/"):
        return None, checked_path(rest)
    host, slash, path = rest.partition("/")
    return host.lower() or None, checked_path(slash + path or "/")


def checked_path(path: str) -> str:
    """The same path, if it has no star but at its end."""
    if "*" in path[:-1] or "?" in path or "#" in path:
        raise ValueError(f"expected a path with a star at most at its end, and no query, got {path!r}")
    return path


def checked_host(host: str) -> str:
    """The same host in lower case, if it is one, or a star and a dot before one."""
    if not _HOST.fullmatch(host.lower()):
        raise ValueError(f"expected a host such as 'a.b' or '*.b', got {host!r}")
    return host.lower()


def bare(host: str) -> str:
    """A host as it is compared: without a port, in lower case."""
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name.lower().removesuffix(".")


def _is_host(pattern: str, host: str) -> bool:
    # `*.b` needs something before the dot.
    return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1 if pattern.startswith("*") else host == pattern
