"""`detrun why`: the causal chain of an event, back to the beginning of its run."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING

import click
import msgspec

from detrun.cli import asking, hashseed
from detrun.cli.again import prepare
from detrun.cli.plain import printable

if TYPE_CHECKING:
    from pathlib import Path

    from detrun.recording.chain import Chain

OK, DIVERGED = 0, 3


@click.command("why")
@asking.journal
@click.argument("step", type=click.IntRange(min=1))
@asking.output("text", "json")
def command(journal: Path, step: int, output: str) -> int:
    """Replay JOURNAL up to STEP, and tell what the last event there follows from, the newest first.

    What the program prints is left out. The exit status is 3 if the replay parted from its journal before.
    """
    from detrun.journal.reader import Journal  # noqa: PLC0415  # slow, so not for `--help`

    opened = Journal(os.path.abspath(journal))
    hashseed.pin(opened.header.hash_seed or None)
    from detrun.recording import elsewhere  # noqa: PLC0415  # slow, so not before a new interpreter
    from detrun.recording.chain import chain  # noqa: PLC0415

    elsewhere.refuse(opened.header)

    prepared = prepare(opened, "recorded")
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        told = chain(opened, prepared.program, step)
    prepared.watch.end()
    if output == "json":
        click.echo(json.dumps({"schema": "detrun.why/1", "step": step, **msgspec.to_builtins(told)}), file=sys.stdout)
    else:
        click.echo("\n".join(map(printable, _lines(told))))
    return OK if told.difference is None else DIVERGED


def _lines(told: Chain) -> list[str]:
    lines = [
        f"step {link.step}: {link.event}" + (f", asked for in step {link.asked} at {link.where}" if link.where else "")
        for link in told.links
    ]
    return [*lines, "the beginning"] if told.difference is None else [*lines, f"parted at step {told.difference.step}"]
