"""`detrun minimize`: the failing run of a journal with nothing left in it that does not matter, and why it fails."""

import json
import os
import sys
from itertools import chain, count
from pathlib import Path
from typing import Any

import click

from detrun.cli import asking, hashseed, repro
from detrun.cli.again import prepare
from detrun.cli.output import columns
from detrun.cli.plain import hanging, printable
from detrun.errors import UsageError

FAILED, NOTHING, SPENT = 1, 5, 6
SECONDS = 30.0


@click.command("minimize")
@asking.journal
@click.option("-O", "--out", type=click.Path(dir_okay=False), metavar="FILE", help="Where to keep the minimized run.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    metavar="S",
    default=SECONDS,
    help="How long to look for a smaller run; half as long again for the explanation.",
)
@asking.code
@click.option("--emit", type=click.Path(file_okay=False), metavar="DIR", help="Write a test that keeps the failure.")
@click.option("--emit-plain", type=click.Path(dir_okay=False), metavar="FILE", help="Write a script for stock asyncio.")
@click.option("--fail-on-budget", is_flag=True, help="Exit with status 6 if time ended before the run was minimal.")
@asking.output("text", "json")
def command(journal: Path, out: str | None, output: str, **options: Any) -> int:
    """Make the failing run in JOURNAL as small as it gets, keep it as a journal, and tell why it fails.

    What is left is which event waits until which other one, what goes wrong, and what is asked for from outside. The
    exit status is 1 if the run failed, and 5 if it ended well, so that there is nothing to minimize.
    """
    from detrun.journal.reader import Journal  # noqa: PLC0415  # slow, so not for `--help`

    place = os.path.abspath(journal)
    opened = Journal(place)
    # As the words are now: the program is about to change them.
    target = os.path.abspath(out or _free(place.removesuffix(".bin")))
    if os.path.lexists(target):
        raise UsageError(f"expected a name for the journal that no file has, got {out or target!r}")
    hash_seed = hashseed.pin(opened.header.hash_seed or None)
    places = {name: os.path.abspath(options[name]) for name in ("emit", "emit_plain") if options[name] is not None}
    line = repro.liner("replay")
    smaller, recorded = out or os.path.relpath(target), os.fspath(journal)
    from detrun.cli import minimizing  # noqa: PLC0415  # slow, so not before a new interpreter
    from detrun.explore import standard_input  # noqa: PLC0415

    standard_input.share()
    prepared = prepare(opened, options["code"])
    told = minimizing.minimize(opened, prepared, Path(target), options["seconds"], hash_seed)
    prepared.watch.end()
    if told is None:
        click.echo("detrun: the run does not fail: there is nothing to minimize", err=True)
        return NOTHING
    written = told.write(places, opened.header)
    if output == "json":
        click.echo(json.dumps(told.as_json() | written))
    else:
        text = "\n".join(map(printable, [*told.lines(), *minimizing.lines(written)]))
        click.echo(hanging(text, columns(sys.stderr)), err=True)
        click.echo(line(recorded if told.journal is None else smaller, (), {}), err=True)
    if told.problem is not None:
        # Said last, but the explanation is not lost by it.
        raise told.problem
    return SPENT if options["fail_on_budget"] and not told.minimal else FAILED


def _free(stem: str) -> str:
    """A name for a journal beside another."""
    names = (f"{stem}-minimal{number}.bin" for number in chain([""], (f"-{n}" for n in count(2))))
    return next(name for name in names if not os.path.lexists(name))
