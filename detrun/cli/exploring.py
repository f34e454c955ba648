"""What `detrun explore` says: one line that moves while it looks, and what it found in the end."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import click
import msgspec

from detrun.cli.output import columns
from detrun.cli.plain import counted, hanging, padded, printable_lines
from detrun.explore.exploration import Explored
from detrun.explore.search import Search, Way
from detrun.explore.settling import Settled
from detrun.explore.telling import told as words

# So many seconds pass between two looks at the line.
_EVERY = 0.2
_WIDTH = 100
# Of fewer schedules an estimate says nothing.
_SOME = 20


class Exploring:
    """The report of one exploration; `repro` makes the command that repeats what a journal has."""

    def __init__(self, output: str, repro: Callable[[str | None], str]) -> None:
        self._output = output
        self._repro = repro
        # What the program has for its own meanwhile says nothing.
        self._stderr = sys.stderr
        self._shown, self._width = 0.0, 0
        self._moves = self._stderr.isatty()
        # Where each failure is kept as a test, by its journal.
        self.tests: dict[str, str] = {}

    def progress(self, search: Search) -> None:
        """Say how far it is, on a terminal, now and then."""
        now = time.monotonic()
        if self._moves and now - self._shown >= _EVERY:
            self._shown = now
            self._width = min(_WIDTH, shutil.get_terminal_size().columns - 1)  # a full line would go on in the next
            self._stderr.write(f"\r{padded(_progress(search), self._width)}")
            self._stderr.flush()

    def write(self, explored: Explored) -> None:
        """Say what was found."""
        if self._shown:
            self._stderr.write(f"\r{'':{self._width}}\r")
        match self._output:
            case "json":
                click.echo(json.dumps(_as_json(explored, self.tests)))
            case "jsonl":
                for failure in explored.failures:
                    click.echo(json.dumps(_failure(failure, self.tests)))
                click.echo(json.dumps({**_as_json(explored, self.tests), "failures": len(explored.failures)}))
            case _:
                text = printable_lines(_as_text(explored, self.tests))
                click.echo(hanging(text, columns(self._stderr)), err=True)
        if explored.failures or explored.never:
            # Only the search itself shows that something never happens in it.
            journal = explored.failures[0].journal if explored.failures else None
            click.echo(self._repro(journal), err=True)


def _progress(search: Search) -> str:
    rate = search.schedules / max(search.seconds, 1e-9)
    return (
        f"detrun: {counted(search.schedules, 'schedule')}, {rate:,.0f}/s, {search.seen.distinct:,} distinct, "
        f"{counted(len(search.found), 'way')} to fail, {search.seen.unseen:.0%} likely to see more"
    )


def _as_json(explored: Explored, tests: Mapping[str, str]) -> dict[str, Any]:
    return {
        "schema": "detrun.explore/1",
        "schedules": explored.schedules,
        "distinct": explored.distinct,
        "seconds": round(explored.seconds, 6),
        "unseen": round(explored.unseen, 6),
        "single_holds": explored.holds,
        "single_holds_tried": explored.held,
        "complete": explored.complete,
        "never": explored.never,
        "module_state": explored.changed,
        "past": explored.past,
        "failures": [_failure(failure, tests) for failure in explored.failures],
    }


def _failure(told: Settled, tests: Mapping[str, str]) -> dict[str, Any]:
    return {
        "signature": str(told.way.signature),
        "kind": told.failure.kind,
        "message": told.failure.message,
        "where": told.failure.where,
        "first_schedule": told.way.first,
        "hits": told.way.hits,
        "strategy": told.way.schedule.arm,
        "level": told.plan.level,
        "journal": told.journal,
        "journal_problem": told.problem,
        "test": tests.get(told.journal or ""),
        "holds": [{"event": event, "until": until} for event, until in told.holds],
        "faults": told.faults,
        "minimal": told.minimal,
        "minimize_runs": told.runs,
        "reproduced": told.kept,
        "explanation": None if told.explanation is None else msgspec.to_builtins(told.explanation),
    }


def _as_text(explored: Explored, tests: Mapping[str, str]) -> str:
    lines = [line for failure in explored.failures for line in _failure_lines(failure, tests)]
    count = len(explored.failures)
    found = f"{counted(count, 'way')} to fail" if count else "nothing found"
    rate = explored.schedules / max(explored.seconds, 1e-9)
    lines.append(
        f"detrun: {found} in {counted(explored.schedules, 'schedule')} ({explored.distinct:,} distinct, {rate:,.0f}/s, "
        f"{explored.seconds:.1f} s)"
        + (f"; the next is new with a probability of {explored.unseen:.0%}" if explored.schedules >= _SOME else "")
    )
    if explored.single and not count:
        lines.append("detrun: the program has but this one schedule: nothing in it could come early or late")
    elif explored.complete and not count:
        lines.append(f"detrun: no single hold out of {explored.holds:,} makes it fail")
    if explored.past:
        lines.append(f"detrun: what failed before does not now: {', '.join(explored.past)}")
    if explored.never:
        lines.append(f"detrun: never seen: {', '.join(explored.never)}")
    if explored.changed:
        changed = ", ".join(explored.changed)
        lines.append(f"detrun: what modules keep differs from schedule to schedule: {changed}; try --fresh module")
    return "\n".join(lines)


def _failure_lines(told: Settled, tests: Mapping[str, str]) -> list[str]:
    text = (told.failure.traceback or f"{told.failure.kind}: {told.failure.message}").rstrip()
    lines = [text, f"detrun: {told.way.signature}"]
    if told.explanation is not None:
        sentence, *more = words(told.explanation)
        lines += [f"detrun: {sentence}", *more]
    lines += [f"  hold      {event}\n            until {until}" for event, until in told.holds]
    lines += [f"  fault     {fault}" for fault in told.faults]
    small = "minimal" if told.minimal else "not minimal"
    lines.append(f"  found     {_first(told.way)}; {small} after {counted(told.runs, 'run')}")
    if told.journal is None:
        first, *more = str(told.problem).splitlines()
        return [*lines, f"  journal   none: {first}", *(f"            {line}" for line in more)]
    if not told.kept:
        lines.append("  but       in a fresh process it does not fail: the program keeps something in its modules")
    lines.append(f"  journal   {told.journal}")
    lines += [f"  test      {test}"] if (test := tests.get(told.journal)) else []
    return lines


def _first(way: Way) -> str:
    when = f"in schedule {way.first:,}" if way.first else "in an earlier search"
    return f"{when}, by {way.schedule.arm}, {counted(way.hits, 'time')}"
