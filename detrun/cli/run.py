"""`detrun run`: one run of a program."""

import atexit
from contextlib import ExitStack
from typing import Any

import click

from detrun.cli import hashseed, repro
from detrun.cli.report import Report
from detrun.cli.target import load


@click.command("run")
@click.argument("target")
@click.argument("args", metavar="[-- ARGS...]", nargs=-1, type=click.UNPROCESSED)
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=0, show_default=True, help="Decides the schedule.")
@click.option(
    "--strategy",
    type=click.Choice(["default", "random"]),
    default="random",
    show_default=True,
    help="random lets the seed decide; default decides nothing, as stock asyncio would.",
)
@click.option("--max-steps", type=click.IntRange(min=1), help="End the run after this many steps.")
@click.option(
    "--max-time", type=click.FloatRange(0, min_open=True), metavar="S", help="End it after S virtual seconds."
)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(target: str, args: tuple[str, ...], output: str, **options: Any) -> int:
    """Run TARGET in virtual time, on a schedule that the seed decides.

    TARGET is file.py, file.py:function, module or module:function. What it prints goes where it always goes; what
    became of it is said on stderr, or with -o json as the last line of stdout.
    """
    hashseed.pin()
    given = {name: value for name, value in options.items() if value is not None}
    report = Report(output, repro.line(target, args, given))
    # The first to be registered is the last to be called: what the program says as it exits stands before the report.
    at_exit = ExitStack()
    atexit.register(at_exit.close)
    program = load(target, args)
    from detrun.scheduler.program import run  # noqa: PLC0415 - slow to import, and most refusals do without

    result = run(program, **given)
    at_exit.callback(report.write, result)
    return 0 if result.outcome == "ok" else 1
