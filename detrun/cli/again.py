"""What it takes to run a journal again: its program as it was then, in surroundings as they were."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from detrun.cli.target import load
from detrun.errors import UsageError
from detrun.model import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from detrun.journal.reader import Journal
    from detrun.recording.readings import Watch


class Prepared(NamedTuple):
    """A program that can be run again, its recorded sources, and which of those are others today."""

    program: Callable[[], Any]
    sources: Mapping[str, bytes]
    changed: list[str]
    watch: Watch
    code: str


def prepare(journal: Journal, code: str, before: Callable[[], None] | None = None) -> Prepared:
    """Have the process be what the recorded one was, and load the program; with these sources, and after this."""
    from detrun.recording import replay, sources  # noqa: PLC0415  # slow, so not before a new interpreter
    from detrun.recording.readings import Readings, Watch  # noqa: PLC0415

    _enter(journal.header.configuration.get("directory", "."))
    Readings.of(journal.readings()).restore()
    recorded = replay.recorded_sources(journal)
    changed = [path for path, source in recorded.items() if _today(path) != source]
    if code == "recorded":
        sys.meta_path.insert(0, sources.RecordedFinder(recorded))
    watch = Watch(lambda *_: None)
    target, arguments = journal.header.target, journal.header.arguments
    if before is not None:
        before()
    if code == "recorded":
        first = {name: files for (name, number), files in replay.recorded_generations(journal).items() if number == 1}
        program = load(target, arguments, recorded, first)
    else:
        program = load(target, arguments)
    return Prepared(program, recorded, changed, watch, code)


def anew(journal: Journal, prepared: Prepared) -> Callable[[], Callable[[], Any]]:
    """What gives the program as if it had not run before: its own modules are executed again."""
    from detrun.explore.fresh import Anew  # noqa: PLC0415  # slow, so not before a new interpreter

    header, recorded = journal.header, {} if prepared.code == "current" else prepared.sources
    for name, module in list(sys.modules.items()):
        if name != "__main__" and getattr(module, "__file__", None) in prepared.sources:
            del sys.modules[name]
    whole = Target.of(header.target).function is None
    return Anew(lambda: load(header.target, header.arguments, recorded), whole=whole, recorded=recorded)


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise UsageError(
            f"expected the directory in which the run was recorded, got none: {directory}\n"
            "make it again, with the files that the program reads"
        ) from error


def _today(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None
