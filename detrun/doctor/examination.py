"""An examination: a program runs unchanged, then with one thing changed at a time, and whatever differs is looked into.

Runs are looked at from outside first. Only if two differ are they repeated, with notes taken of every line.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from detrun.doctor import causes
from detrun.doctor.job import Change, Program, Told
from detrun.doctor.notes import BOUND
from detrun.doctor.places import Parting, Place, partings
from detrun.doctor.rounds import Case, Rounds
from detrun.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from detrun.doctor.rounds import OpenWard


class Finding(msgspec.Struct, frozen=True):
    """Something that made runs differ, in what, and where that began: nowhere if no line of the program shows it."""

    cause: str
    symptoms: tuple[str, ...]
    parting: Parting | None
    # The first line of what was written that differs.
    written: tuple[str, str] | None = None


class Examined(msgspec.Struct, frozen=True):
    """What an examination found: at most one finding for each cause, in the order of causes."""

    program: Program
    healthy: Told
    findings: tuple[Finding, ...]
    runs: int
    seconds: float
    # What could not be changed, or not be found out.
    remarks: tuple[str, ...] = ()


def examine(program: Program, open_ward: OpenWard) -> Examined:
    """Find out what the program depends on."""
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="detrun-doctor-") as folder,
        closing(Rounds(program, folder, open_ward)) as rounds,
    ):
        doctor = _Doctor(program, rounds)
        findings = tuple(doctor.findings())
    seconds = time.perf_counter() - began
    return Examined(program, doctor.healthy, findings, rounds.made, seconds, tuple(doctor.remarks))


_FULL = f"notes were taken of the first {BOUND:,} things that happened, and none of what followed"


class _Doctor:
    """Makes the runs, and judges them."""

    def __init__(self, program: Program, rounds: Rounds) -> None:
        self.remarks: list[str] = []
        self._program = program
        self._rounds = rounds
        rounds.prepare(causes.WARDS)
        self._first = rounds.first()
        self.healthy = _checked(self._first.told)
        # Lines that differ when nothing is changed, or by addresses alone: they do in whatever is changed beside that.
        self._restless: set[Place] = set()
        # Whether such runs went different ways, so that there are more such lines than could be found.
        self._lost = False
        # Whether one of them differed in no line that could be seen.
        self._placeless = False

    def findings(self) -> Iterator[Finding]:
        """What is found, cause by cause."""
        suspects = self._suspects()
        healthy = self._healthy() if suspects else None
        named: set[Place] = set()
        for cause in causes.CAUSES:
            changes = suspects.get(cause, [])
            if cause == causes.CLOCK:
                finding = self._by_the_clock()
            elif healthy is not None and (changes or cause == causes.OUTSIDE):
                finding = self._finding(cause, healthy, map(self._noted, changes or [Change()]))
                finding = finding or self._unnoted(cause, changes)
            else:
                continue
            # What a line was named for may show in more than one way.
            if finding is not None and (finding.parting is None or finding.parting.place not in named):
                yield finding
                named |= {finding.parting.place} if finding.parting else set()
                self._placeless |= finding.parting is None and finding.cause in causes.RESTLESS

    def _suspects(self) -> dict[str, list[Change]]:
        """The changes with which a run differs from the first, by cause."""
        found = defaultdict(list)
        for case in self._rounds.run([Change(), *causes.fixed(), *causes.fitting(self.healthy)]):
            change, told = case.job.change, case.told
            if told.skipped or told.usage:
                self.remarks.append(f"{change.kind} was not changed: {told.skipped or told.usage}")
            elif causes.symptoms(self.healthy, told, causes.lens(change.kind)):
                found[change.kind or causes.OUTSIDE].append(change)
        return found

    def _noted(self, change: Change, program: Program | None = None) -> Case:
        case = self._rounds.noted(change, program or self._program)
        if case.told.full and _FULL not in self.remarks:
            self.remarks.append(_FULL)
        return case

    def _healthy(self) -> Case:
        """A run with nothing changed, and notes: taking them takes time, which real threads may not have."""
        case = self._noted(Change())
        return case if not causes.symptoms(self.healthy, case.told, causes.lens("")) else self._noted(Change())

    def _by_the_clock(self) -> Finding | None:
        if self._lost or self._placeless:
            self.remarks.append("clock rate was not looked into: runs go different ways without that")
            return None
        program = causes.boring(self._program)
        rates = (self._noted(Change(causes.CLOCK, rate), program) for rate in causes.RATES)
        return self._finding(causes.CLOCK, self._noted(Change(), program), rates)

    def _finding(self, cause: str, healthy: Case, cases: Iterable[Case]) -> Finding | None:
        """The first thing that is found in any of these runs."""
        found, seen = None, list[Parting]()
        for case in cases:
            places = list(partings(healthy.notes(), case.notes(), causes.lens(cause)))
            seen += places
            found = found or self._judged(cause, healthy, case, places)
            if found is not None and cause not in causes.RESTLESS:
                break
        if cause in causes.RESTLESS:
            self._restless |= {parting.place for parting in seen}
            self._lost |= any(parting.ways for parting in seen)
        return found

    def _judged(self, cause: str, healthy: Case, case: Case, places: list[Parting]) -> Finding | None:
        lens = causes.lens(cause)
        symptoms = tuple(causes.symptoms(healthy.told, case.told, lens))
        fresh = [parting for parting in places if parting.place not in self._restless]
        # After a line that is restless by itself, whatever differs may follow from that.
        explained = (not fresh and (places or self._placeless)) or (self._lost and fresh[:1] != places[:1])
        if explained or not (symptoms or (cause == causes.CLOCK and fresh)):
            return None
        parting = fresh[0] if fresh else None
        if cause == causes.OUTSIDE and parting is not None and any(parting.threads):
            cause = causes.THREADS
            parting = next(partings(healthy.notes(), case.notes(), causes.lens(cause)), parting)
        return Finding(cause, symptoms, parting, causes.written(healthy.told, case.told, lens))

    def _unnoted(self, cause: str, changes: Iterable[Change]) -> Finding | None:
        """What differs only while no notes are taken, if it does so again, and with nothing else going on."""
        if self._restless or self._placeless:
            return None
        lens = causes.lens(cause)
        for change in changes:
            (healthy,), (case,) = self._rounds.run([Change()]), self._rounds.run([change])
            if symptoms := causes.symptoms(healthy.told, case.told, lens):
                return Finding(cause, tuple(symptoms), None, causes.written(healthy.told, case.told, lens))
        return None


def _checked(told: Told) -> Told:
    if told.usage:
        raise UsageError(told.usage)
    if told.outcome == "died":
        reason = told.message.splitlines()[-1] if told.message else "it ended its process"
        raise UsageError(f"expected a program whose run comes to an end, got none: {reason}")
    return told
