"""`detrun journal verify`: whether a journal is as it was written, and if not, where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

import click

from detrun.cli import asking
from detrun.cli.journal.places import Place, say, say_json, style
from detrun.cli.plain import counted, printable, printable_lines
from detrun.errors import FormatUnknown, JournalError

if TYPE_CHECKING:
    from detrun.journal.scan import Ending

GOOD, BAD = 0, 4


@click.command("verify")
@click.argument("journals", metavar="JOURNAL...", nargs=-1, required=True, type=Place())
@asking.output("text", "json", "jsonl")
def command(journals: Sequence[Path], output: str) -> int:
    """Read all of each JOURNAL, and say whether every byte is as it was written.

    A journal without an end is no damage: its writer is still at it, or was killed.
    """
    found = []
    for path in journals:
        verdict = _verdict(path)
        found.append(verdict)
        if output == "jsonl":
            say_json(verdict)
        elif output == "text":
            _print(verdict)
    if output == "json":
        say_json({"schema": "detrun.verify/1", "journals": found})
    return GOOD if all(verdict["good"] for verdict in found) else BAD


def _verdict(path: Path) -> dict[str, Any]:
    from detrun.journal.verification import verify  # noqa: PLC0415

    try:
        verified = verify(path)
    except JournalError as error:
        at = getattr(error, "at", None)
        what = "unknown format" if isinstance(error, FormatUnknown) else "bad"
        return {"journal": str(path), "good": False, "verdict": what, "at": at, "problem": str(error)}
    facts = {
        "segments": verified.segments,
        "blocks": verified.blocks,
        "entries": verified.entries,
        "steps": verified.last_step,
        "kinds": verified.kinds,
    }
    return {"journal": str(path)} | _ending(verified.ending) | facts


def _ending(ending: Ending) -> dict[str, Any]:
    from detrun.journal.scan import Finished, Missing, Open, Torn  # noqa: PLC0415

    match ending:
        case Finished():
            return {"good": True, "verdict": "good", "at": None, "problem": None}
        case Open():
            problem = "it has no end: its writer is still at it, or was killed"
            return {"good": True, "verdict": "unfinished", "at": ending.at, "problem": problem}
        case Torn():
            return {"good": True, "verdict": "torn", "at": ending.at, "problem": str(ending)}
        case Missing():
            return {"good": False, "verdict": "incomplete", "at": None, "problem": str(ending)}
        case _:
            assert_never(ending)


def _print(verdict: dict[str, Any]) -> None:
    good = verdict["good"]
    word = style(f"{verdict['verdict']:<10}", fg="green" if good else "red")
    facts = ""
    if "entries" in verdict:
        names = {"segments": "segment", "blocks": "block", "entries": "entry", "steps": "step"}
        facts = ", ".join(counted(verdict[many], one, many) for many, one in names.items())
    say(f"{word}  {printable(verdict['journal'])}{facts and ': '}{facts}")
    if verdict["problem"]:
        for line in printable_lines(verdict["problem"]).split("\n"):
            say(f"{'':<10}  {line}")
