"""Forms, as browsers send them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detrun.runtime.http.forms import File, FormData, multipart, parameters, parsed

BROWSER = (
    b'--X\r\nContent-Disposition: form-data; name="who"\r\n\r\nJos\xc3\xa9\r\n'
    b'--X\r\nContent-Disposition: form-data; name="f"; filename="a;b.txt"\r\nContent-Type: text/plain\r\n\r\n'
    b"line\r\n--XY\r\n\r\n--X--\r\n"
)


def test_an_urlencoded_form_is_read() -> None:
    form = parsed(b"a=1&b=x+y%26&a=&c", "application/x-www-form-urlencoded; charset=utf-8")

    assert form.pairs == [("a", "1"), ("b", "x y&"), ("a", ""), ("c", "")]
    assert (form["a"], form.get_all("a"), form.get("z"), "b" in form) == ("1", ["1", ""], None, True)


def test_a_form_of_parts_is_read() -> None:
    assert parsed(BROWSER, 'Multipart/Form-Data; charset=x; Boundary="X"').pairs == [
        ("who", "José"),
        ("f", File("a;b.txt", b"line\r\n--XY\r\n", "text/plain")),
    ]


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%"))
FILES = st.builds(File, NAMES, st.binary(), st.sampled_from(["text/plain", "image/png"]))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(NAMES, TEXTS | FILES)).map(FormData))
def test_a_form_arrives_as_it_was(form: FormData) -> None:
    assert parsed(*multipart(form)) == form


def test_the_boundary_is_nowhere_within() -> None:
    first = FormData([("a", "b")])
    boundary = multipart(first)[1].partition("=")[2]
    second = FormData([("a", f"b\r\n--{boundary}--")])

    assert parsed(*multipart(second)) == second
    assert multipart(first) == multipart(FormData([("a", "b")]))


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"", None),
        (b"a=1", "text/plain"),
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=X"),
        (BROWSER[:-5], "multipart/form-data; boundary=X"),
        (b"--X\r\n\r\n\r\n--X--", "multipart/form-data; boundary=X"),
        (b'--X\r\nContent-Disposition: form-data; name="a"\r\n--X--', "multipart/form-data; boundary=X"),
        (
            b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 1001 + b"--X--",
            "multipart/form-data; boundary=X",
        ),
        (b"a=1&" * 2000, "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_an_error(data: bytes, content_type: str | None) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the standard library has words of its own
        parsed(data, content_type)


@pytest.mark.parametrize(
    ("header", "first", "found"),
    [
        ("", "", {}),
        ("Text/HTML", "text/html", {}),
        ('a/b;c=d; E = f ;g="h;i"', "a/b", {"c": "d", "e": "f", "g": "h;i"}),
        ("a/b;;=;c", "a/b", {}),
    ],
)
def test_parameters_of_a_header_are_read(header: str, first: str, found: dict[str, str]) -> None:
    assert parameters(header) == (first, found)
