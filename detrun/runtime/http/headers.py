"""Headers: pairs of a name and a value, in the order in which they came, from one end to the other.

A name may come several times, and stays several: folded into one, two cookies are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

Initial = Mapping[str, str] | Iterable[tuple[str, str]] | None
"""What headers can be made of."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_WHITESPACE = " \t\r\n"


class Headers:
    """Pairs of a lower-case name and a value, neither of which can end a line."""

    __slots__ = ("_pairs",)

    def __init__(self, initial: Headers | Initial = None) -> None:
        self._pairs: list[tuple[str, str]] = []
        if isinstance(initial, Headers):
            self._pairs = initial.items()
            return
        for name, value in initial.items() if isinstance(initial, Mapping) else initial or ():
            self.append(name, value)

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Headers:
        """Headers of pairs that headers have given, which are not checked again."""
        made = cls()
        made._pairs = list(pairs)
        return made

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value; those of several are joined by commas."""
        found = self.get_all(name)
        return ", ".join(found) if found else default

    def get_all(self, name: str) -> list[str]:
        """All values, in order."""
        name = name.lower()
        return [value for key, value in self._pairs if key == name]

    def append(self, name: str, value: str) -> None:
        """Add a pair to those that are there."""
        self._pairs.append((_name(name), _value(name, value)))

    def set(self, name: str, value: str) -> None:
        """Put a pair where the first of that name is, and take the others away."""
        pair = (_name(name), _value(name, value))
        kept: list[tuple[str, str]] = []
        for key, old in self._pairs:
            if key != pair[0]:
                kept.append((key, old))
            elif pair not in kept:
                kept.append(pair)
        self._pairs = kept if pair in kept else [*kept, pair]

    def delete(self, name: str) -> None:
        """Take all pairs of that name away, if there are any."""
        name = name.lower()
        self._pairs = [pair for pair in self._pairs if pair[0] != name]

    def items(self) -> list[tuple[str, str]]:
        """All pairs; a name that comes several times does so here."""
        return list(self._pairs)

    def keys(self) -> list[str]:
        """Each name once."""
        return list(dict(self._pairs))

    def values(self) -> list[str]:
        """The values of all pairs."""
        return [value for _, value in self._pairs]

    def __getitem__(self, name: str) -> str:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self.delete(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(key == name.lower() for key, _ in self._pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __eq__(self, other: object) -> bool:
        # The order of different names says nothing, that of one name does.
        return isinstance(other, Headers) and _sorted(self._pairs) == _sorted(other._pairs)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({self._pairs!r})"


def _sorted(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: pair[0])


def is_token(word: object) -> bool:
    """Whether this can be the name of a header or a method."""
    return isinstance(word, str) and _TOKEN.fullmatch(word) is not None


def _name(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"expected the name of a header, got {type(name).__name__}")
    if not is_token(name):
        raise ValueError(f"expected the name of a header, of letters, digits and dashes, got {name!r}")
    return name.lower()


def _value(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a str as the value of the header {name!r}, got {type(value).__name__}")
    stripped = value.strip(_WHITESPACE)
    if any(character in "\r\n\0" or character > "\xff" for character in stripped):
        raise ValueError(f"expected the header {name!r} to have a value of one line in latin-1, got {value!r}")
    return stripped
