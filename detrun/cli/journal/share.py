"""`detrun journal share`: a journal for somebody else, which can be read and has no secrets."""

from collections.abc import Callable, Iterator
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from detrun.cli.journal.export import absent
from detrun.cli.journal.places import Place, named_secrets, note, secret

if TYPE_CHECKING:
    from detrun.journal.reader import Journal
    from detrun.journal.sharing import Sharing


@click.command("share")
@click.argument("journal", type=Place())
@click.option("-O", "--output-file", "file", type=click.Path(path_type=Path), required=True, help="The new journal.")
@secret
def command(journal: Path, file: Path, secrets: tuple[str, ...]) -> int:
    """Write JOURNAL anew, with pseudonyms for what is in Authorization and Cookie headers, and for named secrets.

    A pseudonym is as long as what it stands for, and the same everywhere. The header says what was replaced.
    """
    from detrun.cli.journal.endings import note_ending  # noqa: PLC0415
    from detrun.journal.reader import Journal  # noqa: PLC0415
    from detrun.journal.sharing import Sharing  # noqa: PLC0415

    absent(file)
    opened = Journal(journal)
    sharing = Sharing(opened.entries, named_secrets(secrets, opened.header.environment), opened.header.checks)
    segments = _write(file, sharing, opened)
    note(f"written to {file}, without {', '.join(sharing.header(opened.header).redacted)}")
    if segments > 1:
        note(f"it has {segments} segments: {file.name} to {file.name}.{segments - 1} belong together")
    note_ending(opened)
    return 0


def _write(file: Path, sharing: "Sharing", opened: "Journal") -> int:
    """Write the journal, whole or not at all; how many segments it has."""
    from detrun.journal.segment import segment_path  # noqa: PLC0415
    from detrun.journal.writer import Durability, Writer  # noqa: PLC0415

    header = replace(sharing.header(opened.header), segment=0, previous=b"", names=0, step=0)
    writer = Writer(file, header, durability=Durability.NONE, age=float("inf"))
    try:
        for entry in sharing.entries():
            writer.append(entry)
        writer.close()
    except BaseException:
        writer.abandon()
        for path in _segments(file, segment_path):
            path.unlink()
        raise
    return len(list(_segments(file, segment_path)))


def _segments(file: Path, path_of: Callable[[Path, int], Path]) -> Iterator[Path]:
    return takewhile(Path.exists, (path_of(file, number) for number in count()))
