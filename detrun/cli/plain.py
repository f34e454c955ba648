"""Text for a terminal, whatever it comes from: in so many columns, and with nothing that could drive the terminal."""

import re
import textwrap
from unicodedata import east_asian_width

# Explanations have a word, or none, and what is said of it behind this column.
_BEHIND = 12
_LABELLED = re.compile(rf"(?:  [a-z]+ +| {{{_BEHIND}}})(?=\S)")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def printable(text: str) -> str:
    """The text with all that is not seen written out: control characters, and what turns the direction of writing."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escaped(char) for char in text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines."""
    return "\n".join(map(printable, text.split("\n")))


def scrubbed(text: str) -> str:
    """The text without addresses, which differ each time and help nobody."""
    return _ADDRESS.sub("0x...", text)


def fitted(text: str, width: int) -> str:
    """The text in at most so many columns; where it is cut it says so."""
    if text.isascii():
        return text if len(text) <= width else f"{text[: max(width - 3, 0)]}..."[:width]
    if sum(map(_columns, text[: width + 1])) <= width:
        return text
    used, end = 0, 0
    while used + _columns(text[end]) <= width - 3:
        used += _columns(text[end])
        end += 1
    return f"{text[:end]}..."[:width]


def padded(text: str, width: int) -> str:
    """The text in exactly so many columns."""
    text = fitted(text, width)
    return text.ljust(width) if text.isascii() else text + " " * (width - sum(map(_columns, text)))


def hanging(text: str, width: int | None) -> str:
    """The text in so many columns, if they are few: what stands behind a label goes on below where it begins.

    Other lines are as long as they are: they are sentences, which a terminal breaks as well, or to be copied.
    """
    return text if width is None else "\n".join(_hung(line, width) for line in text.split("\n"))


def _hung(line: str, width: int) -> str:
    label = _LABELLED.match(line)
    if len(line) <= width or label is None or label.end() != _BEHIND:
        return line
    rest = textwrap.wrap(line[_BEHIND:], width - _BEHIND, break_on_hyphens=False, break_long_words=False)
    return line[:_BEHIND] + f"\n{'':{_BEHIND}}".join(rest)


def size_of(count: int) -> str:
    """A number of bytes, as people say it."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def age_of(seconds: float) -> str:
    """How long ago, as people say it."""
    for unit, longest, length in (("s", 120, 1), ("min", 7200, 60), ("h", 172_800, 3600)):
        if seconds < longest:
            return f"{max(seconds, 0) // length:.0f} {unit}"
    return f"{seconds // 86_400:.0f} d"


def counted(count: int, one: str, many: str = "") -> str:
    """A number of things."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _columns(char: str) -> int:
    return 2 if east_asian_width(char) in "WF" else 1
