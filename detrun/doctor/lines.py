"""Which names each line of a piece of code reads, and which it gives a value: by its instructions."""

from __future__ import annotations

import dis
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

_ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR"}
# They stand between a name and its attribute, and do nothing to either.
_NEUTRAL = {"CACHE", "COPY", "EXTENDED_ARG"}
_KINDS = ("FAST", "NAME", "GLOBAL", "DEREF")


class Names(NamedTuple):
    """What one line does with names, each once, in the order of its instructions."""

    read: tuple[str, ...]
    stored: tuple[str, ...]


NONE = Names((), ())


@cache
def names_of(code: CodeType) -> dict[int, Names]:
    """The names of each line that has any; an attribute of one, which its line gets at, is a name with a dot."""
    read: dict[int, dict[str, None]] = {}
    stored: dict[int, dict[str, None]] = {}
    at, last = _lines(code), ""
    for instruction in dis.get_instructions(code):
        line, operation = at.get(instruction.offset), instruction.opname
        if line is None or operation in _NEUTRAL:
            continue
        if operation in _ATTRIBUTES:
            if last:
                read.setdefault(line, {})[f"{last}.{instruction.argval}"] = None
            last = ""
            continue
        names = list(_named(instruction.argval)) if any(kind in operation for kind in _KINDS) else []
        # Instructions that do both to two names (3.13) have both words in theirs.
        if "LOAD" in operation:
            read.setdefault(line, {}).update(dict.fromkeys(names))
        if "STORE" in operation:
            stored.setdefault(line, {}).update(dict.fromkeys(names))
        last = names[-1] if names and "LOAD" in operation else ""
    return {line: Names(tuple(read.get(line, ())), tuple(stored.get(line, ()))) for line in read.keys() | stored.keys()}


def _named(argument: object) -> Iterator[str]:
    # Names with a dot are the hidden ones of comprehensions.
    for name in argument if isinstance(argument, tuple) else (argument,):
        if isinstance(name, str) and name.isidentifier():
            yield name


def _lines(code: CodeType) -> dict[int, int | None]:
    return {offset: line for start, end, line in code.co_lines() for offset in range(start, end, 2)}
