"""JSON with comments and commas behind the last: made plain JSON in which everything stands where it stood."""

from __future__ import annotations

import re

_STRING = r'"(?:\\.|[^"\\\n])*"'
_LINE = r"//[^\n]*"
_BLOCK = r"/\*.*?\*/"
_PARTS = re.compile(rf"({_STRING})|{_LINE}|{_BLOCK}", re.DOTALL)
_COMMAS = re.compile(rf"({_STRING})|,(?=\s*[\]}}])", re.DOTALL)


def plain(text: str) -> str:
    """The same text with spaces where comments and superfluous commas were."""
    return _COMMAS.sub(_blanked, _PARTS.sub(_blanked, text))


def _blanked(found: re.Match[str]) -> str:
    return found[1] or re.sub(r"[^\n]", " ", found[0])
