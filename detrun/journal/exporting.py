"""A journal in forms of others, piece by piece: lines of JSON, or a trace. The same journal gives the same bytes."""

from __future__ import annotations

import json
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from detrun.journal import chrome
from detrun.journal.entries import Named
from detrun.journal.sharing import Sharing
from detrun.journal.spelling import facts, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from detrun.journal.entries import Entry
    from detrun.journal.header import Header
    from detrun.journal.reader import Journal


class Form(Enum):
    """What a journal can be made into."""

    JSONL = "jsonl"
    """The header, and an object for each entry, each on a line."""

    CHROME = "chrome"
    """Trace events, as Perfetto and chrome://tracing open them."""


def exported(journal: Journal, form: Form, secrets: Mapping[str, str] | None = None) -> Iterator[bytes]:
    """The journal without secrets, in that form."""
    sharing = Sharing(journal.entries, secrets, journal.header.checks)
    header, entries = sharing.header(journal.header), sharing.entries()
    name = lru_cache(10_000)(lambda number: sharing.text(journal.name(number)))
    lines = _jsonl if form is Form.JSONL else _chrome
    return (f"{line}\n".encode("ascii") for line in lines(header, entries, name))


def _jsonl(header: Header, entries: Iterable[Entry], name: Callable[[int], str]) -> Iterator[str]:
    yield _json({"schema": "detrun.journal/1", "header": facts(header)})
    for entry in entries:
        if not isinstance(entry, Named):
            yield _json(plain(entry, name))


def _chrome(header: Header, entries: Iterable[Entry], name: Callable[[int], str]) -> Iterator[str]:
    made_of = {field: value for field, value in facts(header).items() if isinstance(value, str) and value}
    yield f'{{"displayTimeUnit": "ms", "otherData": {_json(made_of)}, "traceEvents": ['
    line = ""
    for event in chrome.events(header, entries, name):
        if line:
            yield f"{line},"
        line = _json(event)
    yield f"{line}]}}"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
