"""Has jobs run, here and there, and keeps what each leaves in a folder of its own."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, closing
from itertools import count
from typing import TYPE_CHECKING

import msgspec

from detrun.doctor.job import Change, Job, Program, Told
from detrun.doctor.notes import Note
from detrun.doctor.ward import DIGITS, attend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from detrun.doctor.ward import Ward

    # Given what its environment is to have, and the folder in which there will be jobs.
    OpenWard = Callable[[Mapping[str, str], str], Ward]

# How many runs go on at the same time, until something is found.
AT_ONCE = 2
# A run may take so many real seconds, or so many times what the first one took.
_SECONDS, _TIMES = 60.0, 20
_FOREVER = 1e9


class Case(msgspec.Struct, frozen=True):
    """A run that was made, and what it told."""

    job: Job
    told: Told

    def notes(self) -> Iterator[Note]:
        """The notes that were taken."""
        decode = msgspec.json.Decoder(Note).decode
        with open(os.path.join(self.job.folder, "notes"), "rb") as lines:
            yield from map(decode, lines)


class Rounds:
    """Makes runs of one program, in a folder that exists; to be closed."""

    def __init__(self, program: Program, folder: str, open_ward: OpenWard) -> None:
        self.made = 0
        self._program = program
        self._folder = folder
        self._open_ward = open_ward
        self._wards: dict[str, Ward] = {}
        self._stack = ExitStack()
        self._numbers = count(1)
        self._seconds = _FOREVER

    def close(self) -> None:
        self._stack.close()

    def prepare(self, wards: Mapping[str, Mapping[str, str]]) -> None:
        """Start these wards, which takes a moment that they can share."""
        for name, environment in wards.items():
            self._wards[name] = self._stack.enter_context(closing(self._open_ward(environment, self._folder)))

    def first(self) -> Case:
        """The run with nothing changed that all others are compared with, and that tells how long one may take."""
        began = time.perf_counter()
        (case,) = self.run([Change()])
        self._seconds = max(_SECONDS, _TIMES * (time.perf_counter() - began))
        return case

    def run(self, changes: Iterable[Change]) -> list[Case]:
        """Run with each of these changed."""
        return self._run([self._job(self._program, change) for change in changes])

    def noted(self, change: Change, program: Program) -> Case:
        """Run alone, and have notes taken."""
        return self._run([self._job(program, change, noted=True)])[0]

    def _run(self, jobs: list[Job]) -> list[Case]:
        self.made += len(jobs)
        told = attend([(self._wards[job.change.ward], job) for job in jobs], AT_ONCE, self._seconds)
        return [Case(job, each) for job, each in zip(jobs, told, strict=True)]

    def _job(self, program: Program, change: Change, *, noted: bool = False) -> Job:
        folder = os.path.join(self._folder, f"{next(self._numbers):0{DIGITS}}")
        os.mkdir(folder)
        return Job(program, folder, change, noted)
