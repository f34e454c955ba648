"""Headers are pairs, end to end. F-STR-13, R-STR-20."""

from __future__ import annotations

import pytest

from detrun.runtime.http.headers import Headers


def test_a_name_means_the_same_in_any_case() -> None:
    headers = Headers({"Content-Type": "text/plain"})

    assert headers["CONTENT-TYPE"] == headers.get("content-type") == "text/plain"
    assert "Content-type" in headers
    assert headers.items() == [("content-type", "text/plain")]


def test_cookies_stay_separate() -> None:
    headers = Headers([("Set-Cookie", "a=1, 2"), ("x", "y"), ("set-cookie", "b=3")])
    headers.append("set-cookie", "c=4")

    assert headers.get_all("Set-Cookie") == ["a=1, 2", "b=3", "c=4"]
    assert Headers(headers).items() == Headers(headers.items()).items() == Headers.of_pairs(headers.items()).items()
    assert [name for name, _ in headers.items()] == ["set-cookie", "x", "set-cookie", "set-cookie"]


def test_several_values_are_one_where_one_is_asked_for() -> None:
    headers = Headers([("accept", "a"), ("accept", "b")])

    assert headers.get("accept") == headers["accept"] == "a, b"
    assert dict(headers) == {"accept": "a, b"}
    assert (len(headers), list(headers), headers.values()) == (1, ["accept"], ["a", "b"])


def test_to_set_takes_the_place_of_all() -> None:
    headers = Headers([("a", "1"), ("b", "2"), ("A", "3"), ("c", "4")])

    headers["A"] = "5"
    headers.set("d", "6")

    assert headers.items() == [("a", "5"), ("b", "2"), ("c", "4"), ("d", "6")]


def test_what_is_deleted_is_gone() -> None:
    headers = Headers([("a", "1"), ("A", "2"), ("b", "3")])

    headers.delete("a")
    headers.delete("never")
    del headers["B"]

    assert headers.items() == []
    assert headers.get("a", "none") == "none"
    with pytest.raises(KeyError):
        headers["a"]
    with pytest.raises(KeyError):
        del headers["a"]


def test_a_copy_is_its_own() -> None:
    headers = Headers({"a": "1"})
    copy = Headers(headers)

    copy["a"] = "2"

    assert headers["a"] == "1"


def test_they_are_equal_if_each_name_has_the_same_values_in_order() -> None:
    assert Headers([("a", "1"), ("b", "2"), ("a", "3")]) == Headers([("b", "2"), ("A", "1"), ("a", "3")])
    assert Headers([("a", "1"), ("a", "3")]) != Headers([("a", "3"), ("a", "1")])


@pytest.mark.parametrize("value", ["a\nb", "a\r\nset-cookie: b", "a\0", "€"])
def test_a_value_cannot_end_its_line(value: str) -> None:
    with pytest.raises(ValueError, match="expected the header 'x' to have a value of one line in latin-1"):
        Headers({"x": value})


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\n", "ü", "a\r\nb"])
def test_a_name_is_a_token(name: str) -> None:
    with pytest.raises(ValueError, match="expected the name of a header"):
        Headers({name: "x"})


@pytest.mark.parametrize(("name", "value"), [("a", 1), (b"a", "b"), ("a", None)])
def test_the_name_and_the_value_of_a_header_are_strings(name: str, value: str) -> None:
    with pytest.raises(TypeError):
        Headers([(name, value)])


def test_white_space_around_a_value_is_no_part_of_it() -> None:
    assert Headers({"a": " \t b c\r\n"})["a"] == "b c"
