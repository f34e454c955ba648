"""Which worker answers a request. F-MW-03."""

from __future__ import annotations

import pytest

from detrun.runtime.configuration.routes import Route, checked_host, duplicates, parsed, worker_for

MATCHES = [
    ("/", "/", True),
    ("/", "/a", False),
    ("/a", "/a", True),
    ("/a", "/a/", False),
    ("/a", "/ab", False),
    ("/a*", "/a", True),
    ("/a*", "/ab/c", True),
    ("/a*", "/b/a", False),
    ("/a/*", "/a/", True),
    ("/a/*", "/a/b/c", True),
    ("/a/*", "/a", False),
    ("/a/*", "/ab", False),
    ("/*", "/", True),
    ("/*", "/a/b", True),
    ("/A", "/a", False),
]


@pytest.mark.parametrize(("pattern", "path", "matches"), MATCHES)
def test_a_path_matches_its_pattern(pattern: str, path: str, matches: bool) -> None:  # noqa: FBT001  # F-MW-03
    assert Route("w", pattern).matches("any", path) is matches


HOSTS = [
    ("a.b", "a.b", True),
    ("a.b", "A.B:8787", True),
    ("a.b", "a.b.", True),
    ("a.b", "x.a.b", False),
    ("a.b", "", False),
    ("*.b", "a.b", True),
    ("*.b", "x.a.b:80", True),
    ("*.b", "b", False),
    ("*.b", ".b", False),
    ("*.b", "ab", False),
    (None, "a.b", True),
    (None, "[::1]:80", True),
]


@pytest.mark.parametrize(("pattern", "host", "matches"), HOSTS)
def test_a_host_matches_its_pattern(pattern: str | None, host: str, matches: bool) -> None:  # noqa: FBT001  # F-MW-03
    assert worker_for([Route("it", "/*", pattern)], "main", host, "/") == ("it" if matches else "main")


# Of two routes that match, the first of each row is the one that answers, in whatever order they are declared.
FIRST = [
    ("/a", "/a*", "/a"),
    ("/a/b", "/a/*", "/a/b"),
    ("/a", "/*", "/a"),
    ("/a/b*", "/a/*", "/a/b"),
    ("/a/*", "/a*", "/a/x"),
    ("/a/b/*", "/a/*", "/a/b/c"),
    ("/abc*", "/ab*", "/abcd"),
    ("/a*", "/*", "/a"),
    ("a.b/x", "/x", "/x"),
    ("a.b/x/*", "*.b/x/*", "/x/y"),
    ("*.b/x/*", "/x/*", "/x/y"),
    ("/x/*", "a.b/*", "/x/y"),
    ("/x", "a.b/x/*", "/x"),
    ("*.b/x", "a.b/x*", "/x"),
]


@pytest.mark.parametrize(("first", "second", "path"), FIRST)
def test_the_more_specific_route_goes_first(first: str, second: str, path: str) -> None:  # F-MW-03
    routes = [Route(name, parsed(pattern)[1], parsed(pattern)[0]) for name, pattern in (("1", first), ("2", second))]

    assert worker_for(routes, "main", "a.b", path) == "1"
    assert worker_for(routes[::-1], "main", "a.b", path) == "1"


def test_the_main_worker_answers_the_rest() -> None:  # F-MW-03
    assert worker_for([Route("api", "/api/*")], "main", "a.b", "/") == "main"
    assert worker_for([], "main", "a.b", "/") == "main"


def test_of_routes_that_are_alike_the_first_counts() -> None:
    routes = [Route("a", "/x"), Route("b", "/x"), Route("c", "/x", "a.b"), Route("d", "/x")]

    assert worker_for(routes, "main", "b.c", "/x") == "a"
    assert duplicates(routes) == [(routes[1], routes[0]), (routes[3], routes[0])]


@pytest.mark.parametrize(
    ("pattern", "host", "path"),
    [
        ("/api/*", None, "/api/*"),
        ("example.com/api*", "example.com", "/api*"),
        ("https://*.Example.com/*", "*.example.com", "/*"),
        ("example.com", "example.com", "/"),
        ("*/x", "*", "/x"),
    ],
)
def test_a_pattern_has_a_host_and_a_path(pattern: str, host: str | None, path: str) -> None:
    assert parsed(pattern) == (host, path)


@pytest.mark.parametrize("pattern", ["/a/*/b", "/*a", "/a?b", "a.b/c#d", "/**"])
def test_a_star_stands_at_the_end(pattern: str) -> None:
    with pytest.raises(ValueError, match="expected a path with a star at most at its end"):
        parsed(pattern)


@pytest.mark.parametrize("host", ["*", "a.*", "*a.b", "a b", "", "a/b", "a:80"])
def test_a_host_has_a_star_only_before_its_first_dot(host: str) -> None:
    with pytest.raises(ValueError, match="expected a host such as"):
        checked_host(host)
