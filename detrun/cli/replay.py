"""`detrun replay`: a recorded run once more, compared with its journal step by step."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from detrun.cli import asking, hashseed
from detrun.cli.again import Prepared, prepare
from detrun.cli.replayed import as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detrun.journal.reader import Journal
    from detrun.recording.replay import Replay

SAME, REPRODUCED, DIVERGED = 0, 1, 3


@click.command("replay")
@asking.journal
@click.option("--until", type=click.IntRange(min=1), metavar="STEP", help="Stop after this step.")
@asking.code
@click.option(
    "--from", "first", type=click.IntRange(min=1), metavar="STEP", help="Tell of each event from this step on."
)
@click.option("--pdb-at", type=click.IntRange(min=1), metavar="STEP", help="Stop in the debugger in this step.")
@click.option("--break", "line", metavar="FILE:LINE", help="Stop in the debugger at this line.")
@click.option("--locate", hidden=True, type=click.Path(dir_okay=False))
@asking.output("text", "json")
def command(journal: Path, output: str, locate: str | None, **options: Any) -> int:
    """Run what JOURNAL holds once more, and compare it with that step by step.

    The exit status is 0 if it was the same and had ended well, 1 if it was the same and had failed, 3 if it parted.
    """
    from detrun.journal.reader import Journal  # noqa: PLC0415  # slow, so not for `--help`

    opened = Journal(os.path.abspath(journal))
    hashseed.pin(opened.header.hash_seed or None)
    from detrun.recording import elsewhere  # noqa: PLC0415  # slow, so not before a new interpreter

    elsewhere.refuse(opened.header)
    for line in elsewhere.differences(opened.header):
        _say(f"not as recorded: {line}")
    if locate is not None:
        return _locate(opened, options["code"], locate)
    prepared, told = _replayed(opened, options)
    verdict = None
    if told.difference is not None:
        from detrun.cli.locating import explained  # noqa: PLC0415  # only if it is needed

        error = None if told.run is None else told.run.error
        verdict = explained(opened, told.difference, options["code"], prepared.changed, error)
    if output == "json":
        click.echo(f"\n{as_json(told, verdict)}")
    else:
        click.echo(as_text(told, verdict), err=True, nl=False)
    status = DIVERGED if told.difference is not None else REPRODUCED if told.failed else SAME
    return status if told.whole else _end(status)


def _replayed(opened: Journal, options: dict[str, Any]) -> tuple[Prepared, Replay]:
    from detrun.recording import replay, stepping  # noqa: PLC0415

    for step in filter(None, (options["first"], options["pdb_at"])):
        replay.check_step(opened, step)
    total = opened.last_step() if sys.stderr.isatty() else 0
    record = stepping.Stepping(
        options["until"],
        first=options["first"],
        stop=options["pdb_at"],
        tell=_say,
        progress=(lambda step: _say(f"step {step:,} of {total:,}")) if total else None,
    )
    with _stopping(opened, options["line"], options["code"]) as begin:
        prepared = prepare(opened, options["code"], begin)
        try:
            told = replay.compared(opened, prepared.program, record, whole=options["until"] is None)
        finally:
            sys.settrace(None)
            prepared.watch.end()
    if not told.whole:
        _hush()
    return prepared, told


@contextmanager
def _stopping(opened: Journal, line: str | None, code: str) -> Iterator[Callable[[], None] | None]:
    """What has the debugger stop at a line, if it is to; whoever waits for it in vain is told."""
    if line is None:
        yield None
        return
    from detrun.recording.breaking import Breakpoint, on_disk  # noqa: PLC0415  # few want it
    from detrun.recording.replay import recorded_versions  # noqa: PLC0415

    stop, versions = Breakpoint(line), recorded_versions(opened)
    if code == "current":
        versions = {path: [*sources, *on_disk(path)] for path, sources in versions.items()}
    try:
        yield lambda: stop.begin(versions)
    finally:
        missed = stop.end()
    if missed is not None:
        _say(missed)


def _hush() -> None:
    """Whatever was under way when the program was ended complains as it is dropped, and tells nobody anything."""
    sys.unraisablehook = lambda _: None
    logging.getLogger("asyncio").disabled = True


def _end(status: int) -> NoReturn:
    """End as a process does that is killed: nothing of a program that was ended in the middle is done any more."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _locate(opened: Journal, code: str, place: str) -> int:
    import msgspec  # noqa: PLC0415

    from detrun.recording.locating import locate  # noqa: PLC0415
    from detrun.recording.suspects import Suspects  # noqa: PLC0415

    suspects = Suspects()  # who look on while the program is loaded, too
    prepared = prepare(opened, code)
    finding = locate(opened, prepared.program, prepared.watch, suspects)
    prepared.watch.end()
    Path(place).write_bytes(msgspec.json.encode(finding))
    return SAME


def _say(sentence: str) -> None:
    click.echo(f"detrun: {sentence}", err=True)
