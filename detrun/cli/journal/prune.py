"""`detrun journal prune`: removes old runs, but none that failed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from detrun.cli import asking
from detrun.cli.journal.places import DIRECTORY, say, say_json
from detrun.cli.plain import counted, printable, size_of
from detrun.cli.sizes import Size
from detrun.errors import JournalError, UsageError

if TYPE_CHECKING:
    from detrun.journal.retention import OldRun

RUNS, SIZE = 50, "1GB"


@click.command("prune")
@click.argument("directory", metavar="[DIR]", default=DIRECTORY, type=click.Path(path_type=Path), required=False)
@click.option("--keep", type=click.IntRange(1), metavar="N", default=RUNS, help="How many runs may stay.")
@click.option("--size", type=Size(), metavar="SIZE", default=SIZE, help="How large they may be together.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@asking.output("text", "json")
def command(directory: Path, *, keep: int, size: int, dry_run: bool, output: str) -> int:
    """Remove the oldest runs in .detrun/journals, or in DIR, beyond so many, or when they are larger together.

    The newest stays, and so do those that failed, that still run, or that cannot be read.
    """
    from detrun.journal import retention  # noqa: PLC0415

    if not directory.is_dir() and directory != DIRECTORY:
        raise UsageError(f"expected a directory with journals, found no {directory}")
    try:
        removed = (
            list(retention.superfluous(retention.runs(directory), keep, size))
            if dry_run
            else _prune(directory, keep, size)
        )
    except OSError as error:
        raise JournalError(f"a journal in {directory} cannot be removed: {(error.strerror or '').lower()}") from error
    left = retention.runs(directory)
    if output == "json":
        _print_json(removed, left, dry_run=dry_run)
    else:
        _print(removed, left, dry_run=dry_run)
    return 0


def _prune(directory: Path, keep: int, size: int) -> list[OldRun]:
    import asyncio  # noqa: PLC0415

    from detrun.journal.late import prune  # noqa: PLC0415

    return list(asyncio.run(prune(directory, keep, size)))


def _print(removed: list[OldRun], left: list[OldRun], *, dry_run: bool) -> None:
    verb = "would remove" if dry_run else "removed"
    for run in removed:
        say(f"{verb} {printable(str(run.path))} ({run.outcome}, {size_of(run.size)})")
    gone = len(removed) if dry_run else 0
    size = sum(run.size for run in left) - (sum(run.size for run in removed) if dry_run else 0)
    freed = f"{size_of(sum(run.size for run in removed))}" if removed else "nothing"
    say(f"{verb} {counted(len(removed), 'run')}, {freed}; {counted(len(left) - gone, 'run')} left, {size_of(size)}")


def _print_json(removed: list[OldRun], left: list[OldRun], *, dry_run: bool) -> None:
    gone = {run.path for run in removed}
    say_json(
        {
            "schema": "detrun.prune/1",
            "dry_run": dry_run,
            "removed": [_described(run) for run in removed],
            "left": [_described(run) for run in left if run.path not in gone],
        }
    )


def _described(run: OldRun) -> dict[str, Any]:
    return {"journal": str(run.path), "outcome": run.outcome, "size": run.size, "segments": len(run.segments)}
