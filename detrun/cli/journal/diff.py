"""`detrun journal diff`: where two runs part."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detrun.cli import asking
from detrun.cli.journal.places import Place, note, say, say_json, style, width
from detrun.cli.plain import fitted, padded, printable

if TYPE_CHECKING:
    from detrun.journal.comparing import Difference
    from detrun.journal.entries import Entry
    from detrun.journal.reader import Journal

SAME, DIFFERENT = 0, 1
TWO_COLUMNS = 80
LABEL = 16


@click.command("diff")
@click.argument("one", metavar="A", type=Place())
@click.argument("other", metavar="B", type=Place())
@asking.output("text", "json")
def command(one: Path, other: Path, output: str) -> int:
    """Name the first entry in which the journals A and B differ, with the three steps before it.

    Exits with 1 if they differ. What the runs were made of is said first, and is no difference by itself.
    """
    from detrun.cli.journal.endings import note_ending  # noqa: PLC0415
    from detrun.journal.comparing import Comparison, headers, told  # noqa: PLC0415
    from detrun.journal.reader import Journal  # noqa: PLC0415

    first, second = Journal(one), Journal(other)
    made_of = headers(first.header, second.header)
    difference = Comparison(first, second).first()
    if output == "json":
        found = difference and told(difference, first, second)
        say_json({"schema": "detrun.diff/1", "same": difference is None, "header": made_of, "difference": found})
    else:
        _print(made_of, difference, first, second, width())
    note_ending(first, second)
    return SAME if difference is None else DIFFERENT


def _print(
    made_of: dict[str, tuple[str, str]],
    difference: "Difference | None",
    one: "Journal",
    other: "Journal",
    columns: int,
) -> None:
    for line in _headers(made_of, columns):
        say(line)
    if difference is None:
        note("the same happened in both")
        return
    if made_of:
        say()
    say(style(_sentence(difference), bold=True))
    wide = columns >= TWO_COLUMNS
    for line in _two_columns(difference, one, other, columns) if wide else _unified(difference, one, other, columns):
        say(line)
    for line in _fields(difference, one, other, columns):
        say(line)


def _headers(made_of: dict[str, tuple[str, str]], columns: int) -> Iterator[str]:
    if made_of:
        yield style("they were not made of the same:", bold=True)
    half = (columns - LABEL - 6) // 2
    for name, pair in made_of.items():
        longest = 12 if name.startswith("sources ") else 1_000
        first, second = (printable(text[:longest]) or "-" for text in pair)
        label = printable(name)
        if len(label) > LABEL:
            yield fitted(f"  {label}", columns)
            label = ""
        yield f"  {label:<{LABEL}}  {padded(first, half)}  {fitted(second, half)}".rstrip()


def _sentence(difference: "Difference") -> str:
    what = f"entry {difference.at:,}, at step {difference.step:,}"
    if not difference.one or not difference.other:
        return f"one of them ends before {what}"
    return f"they differ first in {what}" + (f": {', '.join(difference.fields)}" if difference.fields else "")


def _two_columns(difference: "Difference", one: "Journal", other: "Journal", columns: int) -> Iterator[str]:
    half = (columns - 3) // 2
    yield f"{padded(printable(one.path), half)}   {fitted(printable(other.path), half)}".rstrip()
    for entry in difference.before:
        line = _line(entry, one)
        yield style(f"{padded(line, half)}   {fitted(line, half)}".rstrip(), dim=True)
    lines = zip_longest(
        (_line(entry, one) for entry in difference.one), (_line(entry, other) for entry in difference.other)
    )
    for place, (first, second) in enumerate(lines):
        left = padded(first or _end(place, difference.one), half)
        right = fitted(second or _end(place, difference.other), half)
        text = f"{left} {'|' if not place else ' '} {right}".rstrip()
        yield text if place else style(text, fg="red")


def _unified(difference: "Difference", one: "Journal", other: "Journal", columns: int) -> Iterator[str]:
    yield fitted(f"--- {printable(one.path)}", columns)
    yield fitted(f"+++ {printable(other.path)}", columns)
    for entry in difference.before:
        yield style(fitted(f" {_line(entry, one)}", columns), dim=True)
    for sign, entries, journal in (("-", difference.one, one), ("+", difference.other, other)):
        for entry in entries:
            yield style(fitted(f"{sign}{_line(entry, journal)}", columns), fg="red" if sign == "-" else "green")
        if not entries:
            yield f"{sign}{_end(0, entries)}"


def _line(entry: "Entry", journal: "Journal") -> str:
    from detrun.cli.journal.telling import title, told  # noqa: PLC0415

    of, content = told(entry, journal.name)
    return f"{entry.step:>6} {title(entry)}{of and ' ' + of}{content and '  ' + content}"


def _end(place: int, entries: "tuple[Entry, ...]") -> str:
    return "       (ends here)" if place == 0 and not entries else ""


def _fields(difference: "Difference", one: "Journal", other: "Journal", columns: int) -> Iterator[str]:
    """What differs, from where it does: in its column it may not have been seen."""
    if not difference.fields:
        return
    from detrun.journal.spelling import plain  # noqa: PLC0415

    first, second = plain(difference.one[0], one.name), plain(difference.other[0], other.name)
    for field in sorted(first.keys() & second.keys()):
        values = str(first[field]), str(second[field])
        if values[0] != values[1]:
            begin = max(_common(*values) - 20, 0)
            for sign, value in zip("-+", values, strict=True):
                shown = f"{'...' if begin else ''}{printable(value[begin : begin + columns])}"
                yield fitted(f"{sign} {field}: {shown}", columns)


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (first, second) in enumerate(pairs) if first != second), min(len(one), len(other)))
