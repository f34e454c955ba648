"""`detrun journal ls`: which runs there are."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from detrun.cli import asking
from detrun.cli.journal.places import DIRECTORY, Place, note, say, say_json, style, width
from detrun.cli.plain import age_of, fitted, padded, printable, size_of
from detrun.errors import JournalError

if TYPE_CHECKING:
    from detrun.journal.retention import OldRun

COLUMNS = ("name", "outcome", "steps", "size", "age", "seg", "seed", "target")
RIGHT = {"steps", "size", "age", "seg"}
LONGEST_NAME, LONGEST_SEED = 36, 20


class Listed(msgspec.Struct, frozen=True):
    """What a list says of a journal; of one that cannot be read, what is wrong with it."""

    name: str
    path: str
    outcome: str
    target: str = ""
    seed: str = ""
    steps: int | None = None
    size: int = 0
    created: str = ""
    age: float = 0
    segments: int = 0
    problem: str | None = None


@click.command("ls")
@click.argument("places", metavar="[DIR|JOURNAL]...", nargs=-1, type=Place())
@asking.output("text", "json", "jsonl")
def command(places: Sequence[Path], output: str) -> int:
    """List the runs in .detrun/journals, or in other directories, or these journals; the newest first."""
    missing = [place for place in places if not place.exists()]
    listed = _listed([place for place in places or (DIRECTORY,) if place.exists()])
    match output:
        case "json":
            say_json({"schema": "detrun.journals/1", "journals": [msgspec.to_builtins(run) for run in listed]})
        case "jsonl":
            for run in listed:
                say_json(msgspec.to_builtins(run))
        case _:
            _print(listed, width())
    if missing:
        raise JournalError(f"expected a journal or a directory of them, found no {missing[0]}")
    if not listed:
        note(f"no journals in {printable(', '.join(map(str, places)) or str(DIRECTORY))}")
    return 0


def _listed(places: Sequence[Path]) -> list[Listed]:
    from detrun.journal import retention  # noqa: PLC0415

    found = []
    for place in places:
        if place.is_dir():
            found += retention.runs(place)
        elif (run := retention.run_at(place)) is not None:
            found.append(run)
    return [_described(run, time.time()) for run in found]


def _described(run: OldRun, now: float) -> Listed:
    from detrun.journal.reader import Journal  # noqa: PLC0415

    name = run.path.name.removesuffix(".bin")
    sizes: dict[str, Any] = {"size": run.size, "segments": len(run.segments)}
    begun = run.written / 1e9
    try:
        journal = Journal(run.path)
        header, steps = journal.header, journal.last_step()
    except JournalError as error:
        problem = " ".join(str(error).splitlines())
        return Listed(
            name, str(run.path), "unreadable", created=_date(begun), age=now - begun, problem=problem, **sizes
        )
    begun = header.created / 1e9 or begun
    return Listed(
        name,
        str(run.path),
        run.outcome,
        header.target,
        header.seed,
        steps,
        created=_date(begun),
        age=now - begun,
        **sizes,
    )


def _date(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return ""


def _print(listed: Sequence[Listed], columns: int) -> None:
    if not listed:
        return
    rows = [COLUMNS, *map(_row, listed)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS) - 1)]
    lines = list(_lines(rows, widths, columns))
    say(style(lines[0], dim=True))
    for run, line in zip(listed, lines[1:], strict=True):
        good = run.outcome in {"ok", "running", "killed"}
        say(line if good else style(line, fg="red"))


def _row(run: Listed) -> tuple[str, ...]:
    return (
        fitted(printable(run.name), LONGEST_NAME),
        fitted(printable(run.outcome), 12),
        "-" if run.steps is None else f"{run.steps:,}",
        size_of(run.size),
        age_of(run.age),
        str(run.segments),
        fitted(printable(run.seed), LONGEST_SEED),
        printable(run.problem or run.target),
    )


def _lines(rows: Sequence[Sequence[str]], widths: Sequence[int], columns: int) -> Iterator[str]:
    for row in rows:
        cells = [
            cell.rjust(size) if name in RIGHT else padded(cell, size)
            for name, cell, size in zip(COLUMNS[:-1], row, widths, strict=False)
        ]
        yield fitted("  ".join([*cells, row[-1]]), columns).rstrip()
