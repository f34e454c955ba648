"""What `detrun run` says of a run, beside the output of the program itself."""

import json
import os
import sys
from contextlib import suppress
from fcntl import F_DUPFD_CLOEXEC, fcntl
from typing import Any

from detrun.cli.output import sentence
from detrun.model import Failure, Run

STDOUT, STDERR = 1, 2
# Above those that a program gets for its own files, which should have the numbers that they have without us.
SPARE = 100


class Report:
    """One report, with descriptors of its own: the program may replace or close `sys.stdout` and what is below it."""

    def __init__(self, output: str, repro: str) -> None:
        self._output = output
        self._repro = repro
        self._stdout, self._stderr = _duplicate(STDOUT), _duplicate(STDERR)

    def repeated_by(self, repro: str) -> None:
        """It is another command that repeats the run."""
        self._repro = repro

    def write(self, run: Run) -> None:
        """Say what became of the run. The program's own words go first, whatever it left in its buffers."""
        for stream in (sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__):
            _flush(stream)
        told = "" if self._output == "json" else as_text(run)
        _write(self._stderr, told if run.failure is None else f"{told}{self._repro}\n")
        if self._output == "json":
            # On a new line: whether the program ended its last one cannot be known, its children write there too.
            _write(self._stdout, f"\n{as_json(run)}\n")


def as_json(run: Run) -> str:
    """The run as one line; ASCII, since a message may hold what no other encoding can take."""
    return json.dumps(
        {
            "schema": "detrun.run/1",
            "seed": run.seed,
            "strategy": run.strategy,
            "outcome": run.outcome,
            "failure": run.failure and _failure(run.failure),
            "exit_code": run.exit_code,
            "steps": run.steps,
            "virtual_seconds": run.virtual_seconds,
            "wall_seconds": run.wall_seconds,
            "digest": run.digest,
            "journal": run.journal,
            "entropy": run.entropy,
        }
    )


def _failure(failure: Failure) -> dict[str, str | None]:
    return {name: getattr(failure, name) for name in ("kind", "message", "where", "traceback")}


def as_text(run: Run) -> str:
    """The failure as Python would show it, if there is one, and two lines of facts."""
    return (
        f"{_told(run.failure)}detrun: {run.outcome}{_place(run.failure)}\n"
        f"detrun: seed {run.seed}, strategy {run.strategy}, {run.steps} steps, {run.virtual_seconds:.3f} s virtual, "
        f"{run.wall_seconds:.3f} s wall, digest {run.digest}{_kept(run)}\n{_wrong(run)}{_real(run)}"
    )


def _real(run: Run) -> str:
    return "detrun: entropy was real: the seed alone does not repeat this run\n" if run.entropy == "real" else ""


def _kept(run: Run) -> str:
    return f", journal {run.journal}" if run.journal is not None else ""


def _wrong(run: Run) -> str:
    if not run.faults:
        return ""
    return f"detrun: went wrong: {', '.join(f'{kind} {times}' for kind, times in sorted(run.faults.items()))}\n"


def _told(failure: Failure | None) -> str:
    if failure is None:
        return ""
    return f"{(failure.traceback or f'{failure.kind}: {failure.message}').rstrip()}\n"


def _place(failure: Failure | None) -> str:
    return f": {failure.where}" if failure is not None and failure.where else ""


def _duplicate(descriptor: int) -> int:
    try:
        return fcntl(descriptor, F_DUPFD_CLOEXEC, SPARE)
    except OSError:
        # Closed by whoever started us: nobody listens.
        return os.open(os.devnull, os.O_WRONLY)


def _flush(stream: Any) -> None:
    # A program may have put anything there, or closed it.
    with suppress(Exception):
        try:
            stream.flush()
        except OSError:
            # Its reader is gone. The interpreter tries again as it ends, and would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _write(descriptor: int, text: str) -> None:
    try:
        with open(descriptor, "w", errors="backslashreplace", encoding="utf-8") as out:
            out.write(text)
    except BrokenPipeError:
        pass  # a reader who is gone wants nothing more
    except OSError as error:
        with suppress(OSError):  # it may be this that cannot be written to
            os.write(STDERR, f"detrun: {sentence(error)}\n".encode())
