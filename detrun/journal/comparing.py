"""Two journals side by side, up to where they differ first. Knows nothing of how that is shown."""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.journal.entries import Emitted, Entry, Named, Sent, Stored
from detrun.journal.spelling import facts, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detrun.journal.header import Header
    from detrun.journal.reader import Journal

STEPS = 3
_MOST_BEFORE = 40
_NOT_COMPARED = {"run", "created"}
_FIRST = ("python", "implementation", "libraries", "seed", "sources", "hash_seed", "detrun", "sqlite", "platform")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


class Difference(msgspec.Struct, frozen=True):
    """Where two runs part: the entries before, which are those of both, and what follows in each.

    `at` counts entries from 1, without names and blobs; `fields` says in what the two entries differ that are there.
    """

    at: int
    before: tuple[Entry, ...]
    one: tuple[Entry, ...]
    other: tuple[Entry, ...]
    fields: tuple[str, ...]

    @property
    def step(self) -> int:
        """The step to which the first of them belongs that differs."""
        return min(entries[0].step for entries in (self.one, self.other) if entries)


def headers(one: Header, other: Header) -> dict[str, tuple[str, str]]:
    """In what two runs were not made of the same: by the name of what differs, what matters most first."""
    first, second = _flat(one), _flat(other)
    names = sorted({*first, *second}, key=_rank)
    pairs = {name: (first.get(name, ""), second.get(name, "")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


class Comparison:
    """Compares what happened in two runs.

    Names are compared as text, whatever their numbers are. What one run left out because of its level, and addresses
    in texts, are no difference.
    """

    def __init__(self, one: Journal, other: Journal) -> None:
        self._one, self._other = one, other
        self._lean = one.header.level != other.header.level
        self._same_name = lru_cache(50_000)(self._is_same_name)

    def first(self) -> Difference | None:
        """The first difference, if there is any."""
        ones, others = _happened(self._one), _happened(self._other)
        before: deque[Entry] = deque(maxlen=_MOST_BEFORE)
        at = 1
        while True:
            one, other = next(ones, None), next(others, None)
            if one is None and other is None:
                return None
            if one is None or other is None or not self._is_same(one, other):
                return self._difference(at, before, _and_on(one, ones), _and_on(other, others))
            before.append(one)
            at += 1

    def _is_same(self, one: Entry, other: Entry) -> bool:
        if one == other and not getattr(one, "name", 0):
            return True
        return type(one) is type(other) and not self._fields(one, other)

    def _fields(self, one: Entry, other: Entry) -> tuple[str, ...]:
        return tuple(field for field in one.__struct_fields__ if not self._is_same_field(field, one, other))

    def _is_same_field(self, field: str, one: Entry, other: Entry) -> bool:
        first, second = getattr(one, field), getattr(other, field)
        if field == "name":
            return self._same_name(first, second)
        if self._lean and field in ("payload", "blob") and isinstance(one, Sent | Emitted):
            return True
        return bool(first == second) or (
            isinstance(first, str) and field != "kind" and _ADDRESS.sub("", first) == _ADDRESS.sub("", second)
        )

    def _is_same_name(self, one: int, other: int) -> bool:
        first, second = self._one.name(one), self._other.name(other)
        return first == second or _ADDRESS.sub("", first) == _ADDRESS.sub("", second)

    def _difference(
        self, at: int, before: deque[Entry], one: tuple[Entry, ...], other: tuple[Entry, ...]
    ) -> Difference:
        fields: tuple[str, ...] = ()
        if one and other and type(one[0]) is type(other[0]):
            fields = self._fields(one[0], other[0])
        step = min(entries[0].step for entries in (one, other) if entries)
        near = tuple(entry for entry in before if entry.step >= step - STEPS)
        return Difference(at, near, one, other, fields)


def told(difference: Difference, one: Journal, other: Journal) -> dict[str, Any]:
    """A difference as an object of JSON."""
    return {
        "entry": difference.at,
        "step": difference.step,
        "fields": list(difference.fields),
        "before": [plain(entry, one.name) for entry in difference.before],
        "one": [plain(entry, one.name) for entry in difference.one],
        "other": [plain(entry, other.name) for entry in difference.other],
    }


def _happened(journal: Journal) -> Iterator[Entry]:
    return (entry for entry in journal.entries() if not isinstance(entry, Named | Stored))


def _and_on(first: Entry | None, rest: Iterator[Entry]) -> tuple[Entry, ...]:
    """An entry, if it is there, and some that follow."""
    return () if first is None else (first, *islice(rest, STEPS))


def _flat(header: Header) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in facts(header).items():
        if isinstance(value, dict):
            flat |= {f"{name} {key}": str(item) for key, item in value.items()}
        elif name not in _NOT_COMPARED:
            flat[name] = value if isinstance(value, str) else ", ".join(map(str, value))
    return flat


def _rank(name: str) -> tuple[int, str]:
    field = name.partition(" ")[0]
    return (_FIRST.index(field) if field in _FIRST else len(_FIRST), name)
