"""Variables of files: which files, and what is a line. F-VAR-01."""

from __future__ import annotations

from pathlib import Path

import pytest

from detrun.runtime.configuration.variables import parsed, secrets

LINES = [
    ("A=b", {"A": "b"}),
    ("A = b c ", {"A": "b c"}),
    ("export A=b", {"A": "b"}),
    ("A=", {"A": ""}),
    ("A='b'", {"A": "b"}),
    ('A="b" # note', {"A": "b"}),
    ("A=`b`", {"A": "b"}),
    ("A=b # note", {"A": "b"}),
    ("A=b#c", {"A": "b#c"}),
    ("A=# note", {"A": ""}),
    ("A='b # c'", {"A": "b # c"}),
    ("A='b\"c'", {"A": 'b"c'}),
    ('A="b\\"c\\n\\\\d\\x"', {"A": 'b"c\n\\d\\x'}),
    ("A='b\\nc'", {"A": "b\\nc"}),
    ('A="b\nc"\nD=e', {"A": "b\nc", "D": "e"}),
    ("A=it's", {"A": "it's"}),
    ("A='b' c", {"A": "'b' c"}),
    ('A="b\nC=d', {"A": '"b', "C": "d"}),
    ("# note\n\n  A=b\r\nC=d=e", {"A": "b", "C": "d=e"}),
    ("A=b\nA=c", {"A": "c"}),
    ("\ufeffA=b", {"A": "b"}),
    ("", {}),
]


@pytest.mark.parametrize(("text", "found"), LINES)
def test_each_line_is_a_variable_or_says_nothing(text: str, found: dict[str, str], tmp_path: Path) -> None:
    warnings: list[str] = []
    (tmp_path / ".env").write_text(text)

    assert secrets(tmp_path, None, warnings) == found
    assert warnings == []


def test_a_line_that_is_none_is_warned_of_and_not_shown() -> None:
    warnings: list[str] = []

    assert parsed("A=b\nhunter2\nC=d", Path("x/.env"), warnings) == {"A": "b", "C": "d"}
    assert warnings == ["x/.env:2: expected NAME=value, a line was left out"]


FILES = [
    (None, [".env"], {".env": "1"}),
    (None, [".env", ".env.local"], {".env.local": "1", ".env": "1"}),
    (None, [".env", ".dev.vars"], {".dev.vars": "1"}),
    (None, [".dev.vars", ".dev.vars.test", ".env.test"], {".dev.vars": "1"}),
    ("test", [".dev.vars", ".dev.vars.test", ".env"], {".dev.vars.test": "1"}),
    ("test", [".dev.vars", ".env.test"], {".dev.vars": "1"}),
    ("test", [".env", ".env.test", ".env.prod"], {".env": "1", ".env.test": "1"}),
    (None, [], {}),
]


@pytest.mark.parametrize(("environment", "files", "found"), FILES)
def test_some_files_are_read(environment: str | None, files: list[str], found: dict[str, str], tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).write_text(f"{name}=1\n".lstrip(".").replace(".", "_"))

    read = secrets(tmp_path, environment, [])

    assert read == {name.lstrip(".").replace(".", "_"): value for name, value in found.items()}


def test_what_is_read_last_wins(tmp_path: Path) -> None:
    order = [".env", ".env.test", ".env.local", ".env.test.local"]
    for number, name in enumerate(order):
        (tmp_path / name).write_text("".join(f"V{n}={name}\n" for n in range(number + 1)))

    assert secrets(tmp_path, "test", []) == {f"V{n}": order[-1] for n in range(4)}
    (tmp_path / order[-1]).unlink()
    assert secrets(tmp_path, "test", [])["V0"] == ".env.local"
