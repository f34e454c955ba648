"""`detrun doctor`: what a program's runs depend on beside their seed."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import click

from detrun.cli import asking, hashseed, repro
from detrun.cli.output import columns
from detrun.errors import UsageError


@click.command("doctor")
@asking.program
@asking.seed("the schedules follow")
@asking.strategy("random")
@asking.bounds("How many steps each run may take.", "How many virtual seconds.")
@asking.faults()
@asking.output("text", "json")
def command(target: str, args: tuple[str, ...], output: str, **options: Any) -> int:
    """Run TARGET many times, with one thing changed at a time, and name what made runs differ.

    TARGET is what `detrun run` takes. What the program prints is compared, and not shown; it reads nothing from stdin.
    """
    if sys.flags.ignore_environment:
        raise UsageError("expected an interpreter that reads PYTHONHASHSEED, got one under -E or -I: leave that out")
    # Slow, so not for `--help`.
    from detrun.cli.diagnosis import as_json, as_text  # noqa: PLC0415
    from detrun.doctor.examination import examine  # noqa: PLC0415
    from detrun.doctor.job import Program  # noqa: PLC0415

    given = {name: value for name, value in options.items() if value is not None}
    again = repro.line(target, args, given, "doctor")
    examined = examine(Program(target, args, given), _ward)
    click.echo(as_json(examined) if output == "json" else as_text(examined, columns()), nl=output == "json")
    if examined.findings:
        click.echo(again, err=True)
    return 1 if examined.findings else 0


def _ward(environment: Mapping[str, str], folder: str) -> Any:
    from detrun.doctor.ward import Ward  # noqa: PLC0415

    # Without bytecode: one run would find what the one before has left.
    flags = [*subprocess._args_from_interpreter_flags(), "-B"]  # type: ignore[attr-defined]  # noqa: SLF001
    private = dict(environment)
    variables = hashseed.variables(private.pop("PYTHONHASHSEED", "") or hashseed.pinned() or hashseed.PINNED)
    return Ward([*flags, "-m", "detrun.cli.doctored", folder, *private], os.environ | variables | private)
