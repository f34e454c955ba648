"""The header of a run that begins here: what it says, and what of the environment it does not."""

from __future__ import annotations

import platform
import sqlite3

import msgspec
import pytest

from detrun.journal.header import LONGEST_LINE, Header, first_line, here


def test_a_header_says_what_a_run_is_made_of() -> None:
    header = here("app.py", seed=2**70, libraries=("msgspec", "no-such-library"))

    assert (header.target, header.seed) == ("app.py", str(2**70))
    assert (header.python, header.sqlite) == (platform.python_version(), sqlite3.sqlite_version)
    assert header.libraries == {"msgspec": msgspec.__version__}


def test_each_run_has_a_name_of_its_own() -> None:
    assert here().run != here().run
    assert here(run="mine").run == "mine"


def test_nothing_of_the_environment_is_in_a_header_but_the_hash_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("API_KEY", "sk-live-secret")

    assert here().hash_seed == "7"
    assert b"sk-live-secret" not in msgspec.msgpack.encode(here())
    assert here().environment == {}


def test_a_field_that_is_not_known_is_none_of_our_business() -> None:
    later = msgspec.msgpack.encode({"run": "1", "weather": {"of": ["the", "day"]}})

    assert msgspec.msgpack.decode(later, type=Header) == Header(run="1")


def test_the_first_line_is_short() -> None:
    assert first_line().startswith(b"detrun journal 3 ")
    assert len(first_line()) <= LONGEST_LINE
