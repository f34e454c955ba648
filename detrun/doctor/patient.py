"""One run of a program in a process of its own, made for it: what was asked to be changed is changed, and it tells."""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from detrun.doctor import changes
from detrun.doctor.job import Job, Told
from detrun.doctor.looks import Variables, new_modules
from detrun.doctor.notes import Notebook
from detrun.errors import UsageError
from detrun.model import Target, hexadecimal
from detrun.scheduler.active import ACTIVE
from detrun.scheduler.program import run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detrun.model import Run
    from detrun.scheduler.engine import Engine

    Load = Callable[[str, Sequence[str]], Callable[[], Any]]

STDOUT, STDERR = 1, 2


class Patient:
    """Runs one job. `load` finds the program, `enter` has the head of `sys.path` as it expects it."""

    def __init__(self, job: Job, load: Load, enter: Callable[[str], None]) -> None:
        self._job = job
        self._load = load
        self._enter = enter
        self._told = Told()
        self._engine: Engine | None = None
        self._book: Notebook | None = None
        # Modules to import inside the run, before the program does.
        self._first: Sequence[str] = ()

    def perform(self) -> None:
        """Run, and tell: in the folder of the job."""
        self._redirect()
        variables, before = Variables(), set(sys.modules)
        self._change()
        try:
            self._run()
        except UsageError as error:
            self._told.usage = str(error)
        file = str(Target.of(self._job.program.target).file)
        self._told.modules, self._told.variables = new_modules(before, file), variables.asked
        self._tell()

    def _redirect(self) -> None:
        for descriptor, name in ((STDOUT, "stdout"), (STDERR, "stderr")):
            # What is written is appended, so that it can be cut off between two runs.
            flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_TRUNC
            opened = os.open(os.path.join(self._job.folder, name), flags, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)

    def _change(self) -> None:
        change = self._job.change
        match change.kind:
            case "heap layout" if not change.ward:
                changes.heap(change.variant)
            case "garbage collection":
                changes.garbage(change.variant)
            case "thread latency":
                changes.threads(change.variant)
            case "environment" | "debug mode":
                changes.environment(change.variant)
            case "directory listings":
                changes.listings()
            case "clock rate":
                changes.rate(change.variant)
            case "import order":
                self._first = change.variant
            case _:
                pass  # nothing, or something that is no matter of this process

    def _run(self) -> None:
        job = self._job
        if self._first and Target.of(job.program.target).function is not None:
            # What a function lives in is imported before its run, and so is what that imports.
            self._enter(job.program.target)
            self._import()
        again = job.change.kind == "earlier run"
        if job.noted and not again:
            self._note()
        program = self._load(job.program.target, job.program.arguments)
        # No more garbage is collected than a run collects: what it leaves is no part of it.
        gc.disable()
        if again:
            run(program, **job.program.options)
            self._forget_output()
            if job.noted:
                self._note()
        try:
            result = run(partial(self._inside, program), **job.program.options)
        finally:
            if self._book is not None:
                self._told.full = self._book.full
                self._book.end()
        self._keep(result)

    def _inside(self, program: Callable[[], Any]) -> Any:
        self._engine = ACTIVE.engine
        if self._book is not None and self._engine is not None:
            self._engine.trace.observers.append(self._book.happen)
        self._import()
        return program()

    def _import(self) -> None:
        missing = changes.imported(self._first)
        self._first = ()
        if missing:
            self._told.skipped = f"{', '.join(missing)} cannot be imported first"

    def _note(self) -> None:
        self._book = Notebook(os.path.join(self._job.folder, "notes"))
        self._book.begin()

    def _forget_output(self) -> None:
        _flush()
        for descriptor in (STDOUT, STDERR):
            os.ftruncate(descriptor, 0)

    def _keep(self, result: Run) -> None:
        told, failure = self._told, result.failure
        told.outcome, told.exit_code, told.steps = result.outcome, result.exit_code, result.steps
        told.instant = result.digest
        if self._engine is not None:
            trace = self._engine.trace
            told.events = hexadecimal(hash((trace.digest, trace.step, trace.ran)))
        if failure is not None:
            told.kind, told.message, told.where = failure.kind, failure.message, failure.where or ""

    def _tell(self) -> None:
        _flush()
        folder = Path(self._job.folder)
        self._told.stdout, self._told.stderr = (folder / "stdout").read_bytes(), (folder / "stderr").read_bytes()
        (folder / "told").write_bytes(msgspec.json.encode(self._told))


def _flush() -> None:
    for stream in {sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__}:
        try:
            stream.flush()  # type: ignore[union-attr]
        except (AttributeError, OSError, ValueError):
            continue  # the program may have closed it, or put anything there
