"""Standard input that many runs share: each reads it from its beginning, and nobody further than some run did."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from detrun.explore import standard_input

GIVEN = b"one\ntwo\nthree\n"
WAYS: dict[str, Callable[[], Any]] = {
    "all": lambda: sys.stdin.read(),  # noqa: PLW0108  # that of the run
    "lines": lambda: sys.stdin.readlines(),  # noqa: PLW0108
    "a line": lambda: sys.stdin.readline(),  # noqa: PLW0108
    "asked for": lambda: [input(), input()],
    "walked": lambda: list(sys.stdin),
    "next": lambda: next(sys.stdin),
    "bytes": lambda: sys.stdin.buffer.read(5),
    "some": lambda: (sys.stdin.read(2), sys.stdin.read(3)),
}


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> int:
    """A pipe in the place of standard input, with some content and no end yet; where more can be written."""
    ours, theirs = os.pipe()
    os.write(theirs, content)
    monkeypatch.setattr(sys, "stdin", open(ours, encoding="utf-8"))  # noqa: SIM115  # the next pipe closes it
    standard_input.share()
    return theirs


def read(way: str) -> Any:
    async def main() -> Any:
        return WAYS[way]()

    return detrun.run(main).result()


@pytest.mark.parametrize("way", WAYS)
def test_each_run_reads_what_the_first_one_did(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    os.close(given(monkeypatch, GIVEN))

    assert read(way) == read(way) == read(way) != ""


def test_what_one_run_has_read_is_there_for_one_that_reads_more(monkeypatch: pytest.MonkeyPatch) -> None:
    os.close(given(monkeypatch, GIVEN))

    assert (read("some"), read("a line"), read("all"), read("some")) == (
        ("on", "e\nt"),
        "one\n",
        GIVEN.decode(),
        ("on", "e\nt"),
    )


def test_nobody_waits_for_an_end_that_no_run_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    more = given(monkeypatch, b"one\n")
    assert read("a line") == "one\n"

    os.write(more, b"two\n")
    os.close(more)
    assert read("all") == "one\ntwo\n"


def test_sharing_twice_shares_once(monkeypatch: pytest.MonkeyPatch) -> None:
    os.close(given(monkeypatch, GIVEN))
    shared = sys.stdin
    standard_input.share()

    assert sys.stdin is shared
