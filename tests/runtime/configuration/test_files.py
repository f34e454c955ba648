"""Files of configuration: JSON with comments, and the lines in which things stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detrun.errors import UsageError
from detrun.runtime.configuration.jsonc import plain
from detrun.runtime.configuration.places import Key, line_of, spelled
from detrun.runtime.configuration.source import read

JSONC = """// first
{
  "name": "a", // "b"
  /* "c": [
  */ "url": "http://x/*y*/", "list": [1, 2,
  ],
  "quote": "a\\\\",  "comma": ",]", "deep": {"a": [{"b": 1,},]},
}
"""


def test_comments_and_last_commas_are_no_part_of_json() -> None:
    assert json.loads(plain(JSONC)) == {
        "name": "a",
        "url": "http://x/*y*/",
        "list": [1, 2],
        "quote": "a\\",
        "comma": ",]",
        "deep": {"a": [{"b": 1}]},
    }
    assert [len(line) for line in plain(JSONC).splitlines()] == [len(line) for line in JSONC.splitlines()]


VALUES = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True)
@given(VALUES, st.sampled_from([None, 2]))
def test_what_is_json_stays_what_it_is(value: object, indent: int | None) -> None:
    for text in (json.dumps(value, indent=indent), json.dumps(value, indent=indent, ensure_ascii=False)):
        assert plain(text) == text


TOML = """name = "a"
[vars]
B = 1
"c d".e = 2
[[queues.consumers]]
queue = "x"
[[queues.consumers]]
queue = "y"
[env.test.vars]
B = 3
services = [{binding = "S"}]
[[workers]]
[[workers]]
[[workers.services]]
[[workers.services]]
binding = "S"
"""

PLACES: list[tuple[Key, str, int | None]] = [
    (("name",), JSONC, 3),
    (("url",), JSONC, 5),
    (("list", 1), JSONC, 5),
    (("list", 1), '{"list": [\n1,\n[2]\n]}', 3),
    (("deep", "a", 0, "b"), JSONC, 7),
    (("deep", "a", 0, "z"), JSONC, 7),
    (("none",), JSONC, None),
    (("name",), TOML, 1),
    (("vars", "B"), TOML, 3),
    (("vars", "c d", "e"), TOML, 4),
    (("queues", "consumers", 1, "queue"), TOML, 8),
    (("queues", "consumers", 1), TOML, 7),
    (("queues", "consumers", 1, "other"), TOML, 7),
    (("env", "test", "vars", "B"), TOML, 10),
    (("env", "test", "vars", "services", 0, "binding"), TOML, 11),
    (("workers", 1, "services", 1, "binding"), TOML, 16),
    (("workers", 1, "services", 0, "binding"), TOML, 14),
    ((), TOML, None),
]


@pytest.mark.parametrize(("key", "text", "line"), PLACES)
def test_a_key_has_a_line(key: Key, text: str, line: int | None) -> None:
    assert line_of(key, text if text is TOML else plain(text), ".toml" if text is TOML else ".json") == line


def test_a_key_is_spelled_as_one_would_say_it() -> None:
    assert spelled(("env", "test", "services", 0, "binding")) == "env.test.services[0].binding"


@settings(deadline=None, derandomize=True)
@given(st.text(), st.sampled_from([".json", ".toml"]))
def test_any_text_has_a_line_or_none(text: str, suffix: str) -> None:
    line = line_of(("a", 0), text, suffix)

    assert line is None or 1 <= line <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("wrangler.jsonc", '{\n "a": 1\n "b": 2}', "wrangler.jsonc:3: expected JSON: "),
        ("wrangler.json", "[1]", "wrangler.json: expected an object, got list"),
        ("wrangler.json", "[" * 100_000, "expected"),
        ("detrun.toml", "a = 1\nb = \n", "detrun.toml: expected TOML: Invalid value (at line 2"),
        ("wrangler.yaml", "a: 1", "expected a file of configuration, one of detrun.toml"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place(name: str, text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(UsageError) as wrong:
        read(tmp_path / name)

    assert says in str(wrong.value)


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "detrun.toml").write_bytes(b"\xff")

    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "detrun.toml")
