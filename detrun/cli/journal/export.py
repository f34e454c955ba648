"""`detrun journal export`: a run in the forms of others, without its secrets."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from detrun.cli.journal.places import Place, named_secrets, note, secret
from detrun.errors import UsageError


@click.command("export")
@click.argument("journal", type=Place())
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "chrome"]),
    default="jsonl",
    help="A line of JSON for each entry, or a trace that Perfetto opens.",
)
@click.option("-O", "--output-file", "file", type=click.Path(path_type=Path), help="Where to, instead of stdout.")
@secret
def command(journal: Path, form: str, file: Path | None, secrets: tuple[str, ...]) -> int:
    """Export JOURNAL, with pseudonyms for what is in Authorization and Cookie headers, and for named secrets.

    The same journal gives the same bytes.
    """
    from detrun.cli.journal.endings import note_ending  # noqa: PLC0415
    from detrun.journal.exporting import Form, exported  # noqa: PLC0415
    from detrun.journal.reader import Journal  # noqa: PLC0415

    opened = Journal(journal)
    parts = exported(opened, Form(form), named_secrets(secrets, opened.header.environment))
    if file is None:
        sys.stdout.flush()
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    else:
        write(file, parts)
        note(f"written to {file}, {file.stat().st_size:,} bytes")
    note_ending(opened)
    return 0


def write(file: Path, parts: Iterable[bytes]) -> None:
    """Write a file that was not there, whole or not at all."""
    import asyncio  # noqa: PLC0415

    from detrun.journal.late import write_file  # noqa: PLC0415

    absent(file)
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        asyncio.run(write_file(part, parts))
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def absent(file: Path) -> None:
    """Raise if a file is there: nothing is ever written over."""
    if file.exists():
        raise UsageError(f"expected a file that is not there yet, got {file}: give another name, or remove it")
