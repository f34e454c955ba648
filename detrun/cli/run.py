"""`detrun run`: one run of a program."""

import atexit
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from detrun.cli import asking, hashseed, repro
from detrun.cli.report import Report
from detrun.cli.sizes import Size, when_full
from detrun.cli.target import load
from detrun.errors import UsageError
from detrun.model import Target


@click.command("run")
@asking.program
@asking.seed("the schedule follows")
@asking.strategy()
@asking.level()
@asking.bounds("How many steps the run may take.", "How many seconds, virtual or not.")
@asking.faults()
@click.option("--start-time", metavar="WHEN", help="When the program believes to begin, as in 2026-01-31T12:00:00.")
@click.option(
    "--entropy",
    type=click.Choice(["seeded", "fixed", "real"]),
    help="What randomness follows from: the seed, nothing, or the operating system, which no seed repeats.",
)
@click.option("--journal", type=click.Path(dir_okay=False), metavar="FILE", help="Where to keep the journal.")
@click.option("--max-journal", type=Size(1_000_000), metavar="SIZE", help="End the run when its journal has this size.")
@click.option("--live", is_flag=True, help="Run on real sockets and in real time, and record what comes from outside.")
@click.option("--chaos", is_flag=True, default=None, help="Live, let the seed order what comes at the same time.")
@click.option("--redact", is_flag=True, help="Keep no secrets in the journal; what depends on them cannot be replayed.")
@click.option("--secret", "secrets", multiple=True, metavar="NAME[=VALUE]", help="Redact this, too.")
@asking.output("text", "json")
def command(target: str, args: tuple[str, ...], output: str, journal: str | None, **options: Any) -> int:
    """Run TARGET in virtual time, on a schedule that follows from a seed.

    TARGET is file.py, file.py:function, module or module:function, or with --scenario the directory of an application.
    What it prints goes where it always goes; what
    became of it is said on stderr, or with -o json as the last line of stdout.
    """
    hash_seed = hashseed.pin()
    live, most = options.pop("live"), options.pop("max_journal")
    secrets = _secrets(redact=options.pop("redact"), words=options.pop("secrets"))
    # Slow, so not for `--help`; and before the program's directory comes first, whose modules may have names of ours.
    from detrun.cli.stopping import stopping  # noqa: PLC0415
    from detrun.recording.keeping import Keeping, place  # noqa: PLC0415
    from detrun.scheduler.garbage import freeze  # noqa: PLC0415
    from detrun.scheduler.program import run  # noqa: PLC0415

    given = {name: value for name, value in options.items() if value is not None}
    if not live:
        if given.pop("chaos", False):
            raise UsageError("expected --chaos with --live only: a simulation has --strategy random")
        given.setdefault("strategy", "random")
    report = Report(output, repro.line(target, args, given if most is None else {**given, "max-journal": most}))
    if Target.of(target).application:
        # Who plays with an application wants to know what failed unseen; a plain program fails as on stock asyncio.
        given["strict"] = True
    # The first to be registered is the last to be called: what the program says as it exits stands before the report.
    at_exit = ExitStack()
    atexit.register(at_exit.close)
    path = Path(journal) if journal is not None else place(target, options["seed"])
    if live:
        from detrun.cli import live as living  # noqa: PLC0415

        report.repeated_by(repro.line(os.fspath(path), (), {}, "replay"))
        served = living.keep(path, target, args, given, hash_seed, secrets, most)
        program = load(target, args)
        result = living.serve(program, served, target, given)
        at_exit.callback(report.write, result)
        return living.status(result)
    if most is not None:
        click.echo(f"detrun: {when_full(most)}", err=True)
    keeping = Keeping(path, target, args, given, hash_seed, secrets=secrets, most=most)
    with stopping(path), keeping:
        program = load(target, args)
        keeping.keep_sources(target)
        freeze()  # what was imported, which no collection in the run will set free
        result = keeping.ended(run(program, **given, record=keeping.record))
    at_exit.callback(report.write, result)
    return 0 if result.outcome == "ok" else 1


def _secrets(*, redact: bool, words: tuple[str, ...]) -> dict[str, str] | None:
    """What is not to be in the journal beside what always is a secret; none if everything may be."""
    if not redact and not words:
        return None
    from detrun.cli.journal.places import named_secrets  # noqa: PLC0415  # only if it is needed

    return named_secrets(words, {})
