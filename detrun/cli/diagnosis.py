"""What `detrun doctor` says of an examination."""

import json
import linecache
import os
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from detrun.doctor.causes import MEANINGS
from detrun.doctor.examination import Examined, Finding
from detrun.doctor.places import Parting
from detrun.scheduler.waits import place


def as_json(examined: Examined) -> str:
    """The examination as one line."""
    return json.dumps(
        {
            "schema": "detrun.doctor/1",
            "target": examined.program.target,
            "arguments": list(examined.program.arguments),
            "seed": examined.program.options.get("seed", 0),
            "strategy": examined.program.options.get("strategy", "random"),
            "outcome": examined.healthy.outcome,
            "findings": [_finding(finding) for finding in examined.findings],
            "remarks": list(examined.remarks),
            "runs": examined.runs,
            "wall_seconds": examined.seconds,
        }
    )


def _finding(finding: Finding) -> dict[str, Any]:
    parting = finding.parting
    return {
        "cause": finding.cause,
        "meaning": MEANINGS[finding.cause],
        "differs": list(finding.symptoms),
        "step": parting and parting.step,
        "where": parting and _where(parting),
        "file": parting and parting.file,
        "line": parting and parting.line,
        "function": parting and parting.function,
        "values": [
            {"name": name, "unchanged": pair[0], "changed": pair[1]}
            for name, pair in (parting.values.items() if parting else ())
        ],
        "next": parting and _pair(parting.ways),
        "written": _pair(finding.written),
    }


def _pair(pair: tuple[str, str] | None) -> dict[str, str] | None:
    return pair and {"unchanged": pair[0], "changed": pair[1]}


def _where(parting: Parting) -> str | None:
    return place(parting.file, parting.line, parting.function) if parting.line else None


def as_text(examined: Examined, columns: int | None) -> str:
    """A paragraph for each finding, and a line that sums up; in so many columns, if they are few."""
    page = _Page(columns or sys.maxsize)
    lines = [line for finding in examined.findings for line in [*page.paragraph(finding), ""]]
    lines += [line for remark in examined.remarks for line in page.wrapped("remark: ", remark)]
    lines += page.wrapped("detrun: ", _sum(examined))
    return "".join(f"{line}\n" for line in lines)


def _sum(examined: Examined) -> str:
    causes = ", ".join(finding.cause for finding in examined.findings)
    found = f"runs differ by {causes}" if causes else "nothing that was changed made a run differ"
    options = examined.program.options
    asked = f"{examined.program.target}, seed {options.get('seed', 0)}, strategy {options.get('strategy', 'random')}"
    return f"{found}: {asked}, {examined.runs} runs in {examined.seconds:.1f} s; unchanged it is {_ended(examined)}"


def _ended(examined: Examined) -> str:
    told = examined.healthy
    return "ok" if told.outcome == "ok" else f"{told.outcome}{f': {told.where}' if told.where else ''}"


class _Page:
    """Findings in words, in so many columns."""

    def __init__(self, width: int) -> None:
        self._width = width

    def paragraph(self, finding: Finding) -> Iterator[str]:
        """All that is said of a finding."""
        yield from self.wrapped(f"{finding.cause}: ", MEANINGS[finding.cause])
        parting = finding.parting
        if parting is None:
            yield from self.wrapped("  ", "in no line of the program's own, as far as one can see")
        else:
            yield from self._place(parting)
        if finding.written is not None and not (parting and "what is written" in parting.values):
            yield from self._compared("then written", finding.written)
        if finding.symptoms:
            yield from self.wrapped("  differs: ", ", ".join(finding.symptoms))

    def wrapped(self, first: str, text: str) -> Iterator[str]:
        """A text that may take several lines."""
        yield from textwrap.wrap(
            text, self._width, initial_indent=first, subsequent_indent="  ", break_on_hyphens=False
        )

    def _place(self, parting: Parting) -> Iterator[str]:
        if parting.line:
            file = os.path.relpath(parting.file) if parting.file.startswith(os.getcwd() + os.sep) else parting.file
            yield f"  step {parting.step}, {file}:{parting.line} in {parting.function}"
            yield f"    {self._shortened(linecache.getline(parting.file, parting.line).strip())}"
        else:
            yield f"  step {parting.step}, {parting.function}"
        for name, values in parting.values.items():
            yield from self._compared(name, values)
        if parting.ways is not None:
            yield from self._compared("what follows", parting.ways)

    def _compared(self, name: str, values: tuple[str, str]) -> Iterator[str]:
        short = [self._shortened(value) for value in values]
        if len(f"    {name}: {short[0]}, or {short[1]}") <= self._width:
            yield f"    {name}: {short[0]}, or {short[1]}"
            return
        yield f"    {name}:"
        yield from (f"      {value}" for value in short)

    def _shortened(self, value: str) -> str:
        return value if len(value) <= self._width - 6 else f"{value[: self._width - 7]}…"
