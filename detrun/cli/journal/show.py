"""`detrun journal show`: what happened in a run, entry by entry."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from detrun.cli import asking
from detrun.cli.journal.places import Place, note, say, say_json, width
from detrun.errors import JournalError, UsageError

if TYPE_CHECKING:
    from detrun.journal.entries import Entry
    from detrun.journal.reader import Journal
    from detrun.journal.selection import Selection

AROUND = 3
POLL = 0.1


@click.command("show")
@click.argument("journal", type=Place())
@click.option("--around", type=click.IntRange(0), metavar="STEP", help="This step, and three before and after it.")
@click.option("--from", "first", type=click.IntRange(0), metavar="STEP", help="From this step on.")
@click.option("--to", "last", type=click.IntRange(0), metavar="STEP", help="Up to this step.")
@click.option("--context", default="", metavar="NAME", show_default=False, help="Only what is about this context.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only entries of this kind: received, write, ...")
@click.option("-f", "--follow", is_flag=True, help="Go on while the journal is written.")
@asking.output("text", "json", "jsonl")
def command(journal: Path, *, follow: bool, output: str, **wanted: Any) -> int:
    """Show the entries of JOURNAL, those that are asked for."""
    from detrun.journal.reader import Journal  # noqa: PLC0415

    selection = _selection(**wanted)
    if follow and output == "json":
        raise UsageError("expected an output that never ends, as -o jsonl, got -o json with --follow")
    opened = Journal(journal)
    entries = selection.of(_entries(opened, journal, selection.begin, follow=follow), opened.name)
    match output:
        case "json":
            _write_json(opened, entries)
        case "jsonl":
            _write_jsonl(opened, entries)
        case _:
            _write_text(opened, entries, width())
    return 0


def _selection(
    *, around: int | None, first: int | None, last: int | None, context: str, kinds: tuple[str, ...]
) -> "Selection":
    from detrun.journal.selection import Selection  # noqa: PLC0415
    from detrun.journal.spelling import KINDS  # noqa: PLC0415

    if around is not None:
        if first is not None or last is not None:
            raise UsageError("expected --around, or --from and --to, got both")
        first, last = max(around - AROUND, 0), around + AROUND
    asked = frozenset(kind.lower().replace("_", "-") for kind in kinds)
    for kind in sorted(asked - KINDS):
        raise UsageError(f"expected a kind of entry, got {kind!r}: there are {', '.join(sorted(KINDS))}")
    return Selection(first or 0, last, asked, context)


def _entries(journal: "Journal", path: Path, step: int, *, follow: bool) -> "Iterator[Entry]":
    return _followed(journal, path, step) if follow else journal.entries(step)


def _followed(journal: "Journal", path: Path, step: int) -> "Iterator[Entry]":
    """All entries, and those that come, until the run is over or nobody writes any more."""
    from detrun.journal.retention import is_written  # noqa: PLC0415

    cursor, quiet = journal.cursor(step), 0
    while True:
        # Asked first: what was written before its writer left is read. Twice, for between segments nobody holds one.
        quiet = 0 if is_written(path) else quiet + 1
        yield from (entry for entry in journal.follow(cursor) if entry.step >= step)
        journal.ending = cursor.ending
        if cursor.finished or quiet > 1:
            return
        sys.stdout.flush()
        time.sleep(POLL)


def _write_text(journal: "Journal", entries: "Iterator[Entry]", columns: int) -> None:
    from detrun.cli.journal import telling  # noqa: PLC0415
    from detrun.cli.journal.endings import note_ending  # noqa: PLC0415

    for text in telling.heading(journal.header, journal.path, columns):
        say(text)
    say()
    say(telling.titles(columns))
    instant, entry = None, None
    for entry in entries:
        instant = telling.instant_of(entry) or instant
        say(telling.line(entry, instant, journal.name, columns))
        for text in telling.below(entry, columns):
            say(text)
    if entry is None:
        note("the journal has no entries of which that is so")
    note_ending(journal)


def _write_jsonl(journal: "Journal", entries: "Iterator[Entry]") -> None:
    from detrun.cli.journal.endings import note_ending  # noqa: PLC0415
    from detrun.journal.spelling import facts, plain  # noqa: PLC0415

    say_json({"schema": "detrun.journal/1", "header": facts(journal.header)})
    for entry in entries:
        say_json(plain(entry, journal.name))
    note_ending(journal)


def _write_json(journal: "Journal", entries: "Iterator[Entry]") -> None:
    """One object, as it comes; also if the journal cannot be read to its end."""
    from detrun.cli.journal.endings import ending_of  # noqa: PLC0415
    from detrun.journal.spelling import facts, plain  # noqa: PLC0415

    sys.stdout.write(f'{{"schema": "detrun.journal/1", "header": {json.dumps(facts(journal.header))}, "entries": [')
    comma, problem, failed = "", None, None
    try:
        for entry in entries:
            sys.stdout.write(comma + json.dumps(plain(entry, journal.name)))
            comma = ", "
    except JournalError as error:
        problem, failed = str(error), error
    say(f'], "ending": {json.dumps(ending_of(journal))}, "problem": {json.dumps(problem)}}}')
    if failed is not None:
        raise failed
