"""`detrun replay`: a recorded run once more, compared with its journal step by step."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from detrun.cli import hashseed
from detrun.cli.report import as_text
from detrun.cli.target import load

SAME, REPRODUCED, DIVERGED = 0, 1, 3


@click.command("replay")
@click.argument("journal", type=click.Path(dir_okay=False))
@click.option("--until", type=click.IntRange(min=1), metavar="STEP", help="Stop after this step.")
@click.option(
    "--code",
    type=click.Choice(["recorded", "current"]),
    default="recorded",
    help="Which sources to run: those in the journal, or those of today.",
)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How to report.")
def command(journal: str, until: int | None, code: str, output: str) -> int:
    """Run what JOURNAL holds once more, and compare it with that step by step.

    The exit status is 0 if it was the same and had ended well, 1 if it was the same and had failed, 3 if it parted.
    """
    from detrun.journal.reader import Journal  # noqa: PLC0415  # slow, so not for `--help`

    opened = Journal(journal)
    hashseed.pin(opened.header.hash_seed)
    from detrun.recording import replay, sources  # noqa: PLC0415  # slow, so not before a new interpreter

    for line in replay.differences(opened.header):
        _say(f"not as recorded: {line}")
    os.chdir(opened.header.configuration.get("directory", "."))
    recorded = replay.recorded_sources(opened)
    changed = [path for path, source in recorded.items() if _today(path) != source]
    if code == "recorded":
        sys.meta_path.insert(0, sources.Recorded(recorded))
    program = load(opened.header.target, opened.header.arguments, recorded if code == "recorded" else {})
    told = replay.replay(opened, program, until, changed=bool(changed) and code == "current")
    if output == "json":
        click.echo(f"\n{_as_json(told)}")
    else:
        click.echo(_as_text(told), err=True, nl=False)
    return DIVERGED if not told.same else REPRODUCED if told.failed else SAME


def _today(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _as_json(told: Any) -> str:
    difference = told.difference
    return json.dumps(
        {
            "schema": "detrun.replay/1",
            "outcome": "same" if told.same else "diverged",
            "steps": told.steps,
            "digest": told.digest,
            "recorded_outcome": told.recorded_outcome,
            "divergence": difference
            and {
                "step": difference.step,
                "event": difference.event,
                "expected": difference.expected,
                "actual": difference.actual,
                "cause": told.cause,
                "where": difference.where,
                "before": list(difference.before),
            },
            "wall_seconds": told.wall_seconds,
        }
    )


def _as_text(told: Any) -> str:
    if told.same:
        failure = as_text(told.run) if told.failed else ""
        return (
            f"{failure}detrun: same: {told.steps} steps, recorded {told.recorded_outcome}, {told.wall_seconds:.3f} s\n"
        )
    difference = told.difference
    lines = [
        f"detrun: diverged at step {difference.step}, at {difference.event}",
        f"  expected  {difference.expected}",
        f"  got       {difference.actual}",
        *([f"  where     {difference.where}"] if difference.where else []),
        f"  cause     {told.cause}",
        *([f"  before    {line}" for line in difference.before]),
    ]
    return "".join(f"{line}\n" for line in lines)


def _say(sentence: str) -> None:
    click.echo(f"detrun: {sentence}", err=True)
