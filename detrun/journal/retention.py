"""Which runs are kept: the last ones, as long as they are not too large together, and those that failed."""

from __future__ import annotations

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from detrun.errors import JournalError
from detrun.journal.entries import Ended, Failed
from detrun.journal.reader import Journal
from detrun.journal.segment import segment_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RUNS = 50
SIZE = 1_000_000_000
SUFFIX = ".bin"


class OldRun(msgspec.Struct, frozen=True):
    """A journal in a directory of runs: its segments, their size, when it was last written, and what became of it.

    The outcome is that of the run; `running` while somebody writes it, `killed` if it has no end, and `unreadable`.
    """

    path: Path
    segments: tuple[Path, ...]
    size: int
    written: int
    outcome: str


def runs(directory: Path) -> list[OldRun]:
    """The journals in a directory, newest first."""
    found = [run for path in directory.glob(f"*{SUFFIX}") if (run := run_at(path)) is not None]
    return sorted(found, key=lambda run: (run.written, run.path.name), reverse=True)


def superfluous(found: Iterable[OldRun], most: int = RUNS, size: int = SIZE) -> Iterator[OldRun]:
    """Those of these runs, newest first, that need not be kept. The newest is, a failed one is, and one that runs."""
    total = 0
    for number, run in enumerate(found):
        total += run.size
        if number and (number >= most or total > size) and run.outcome in {"ok", "killed"}:
            total -= run.size
            yield run


def prune(directory: Path, most: int = RUNS, size: int = SIZE) -> list[OldRun]:
    """Remove what is superfluous in a directory of runs; what was removed."""
    removed = list(superfluous(runs(directory), most, size))
    for run in removed:
        # From the end: what is left, if that is broken off, is a journal whose end is missing.
        for path in reversed(run.segments):
            with suppress(FileNotFoundError):
                path.unlink()
    return removed


def is_written(path: Path) -> bool:
    """Whether a writer holds the journal whose first segment is here."""
    segments = list(_segments(path))
    return bool(segments) and _is_held(segments[-1])


def run_at(path: Path) -> OldRun | None:
    """The journal whose first segment is here; None if there is none, or no longer."""
    segments = tuple(_segments(path))
    try:
        stats = [segment.stat() for segment in segments]
        outcome = "running" if _is_held(segments[-1]) else _outcome(path)
    except (FileNotFoundError, IndexError):
        return None  # somebody else has just removed it
    return OldRun(path, segments, sum(stat.st_size for stat in stats), max(stat.st_mtime_ns for stat in stats), outcome)


def _segments(path: Path) -> Iterator[Path]:
    number = 0
    while (segment := segment_path(path, number)).exists():
        yield segment
        number += 1


def _outcome(path: Path) -> str:
    try:
        ends = Journal(path).ends()
    except JournalError:
        return "unreadable"
    ended = [end.outcome for end in ends if isinstance(end, Ended)]
    failed = any(isinstance(end, Failed) for end in ends)
    return ended[-1] if ended else "failed" if failed else "killed"


def _is_held(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
