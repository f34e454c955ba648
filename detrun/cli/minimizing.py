"""What `detrun minimize` does between its options and its report."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from detrun.cli.again import Prepared, anew
from detrun.cli.plain import counted
from detrun.errors import DetrunError, JournalError, UsageError
from detrun.explore import plain
from detrun.explore.attempt import Attempts
from detrun.explore.emitting import Subject, emit
from detrun.explore.extracting import Extracted, extracted
from detrun.explore.finding import Found, smallest
from detrun.explore.fresh import Audit
from detrun.explore.keeping import Keeper, Source
from detrun.explore.kept import KeptPlan, kept, lasting
from detrun.explore.quiet import silence
from detrun.explore.telling import told
from detrun.explore.trial import Trials
from detrun.journal.entries import Ended
from detrun.journal.header import Header
from detrun.journal.reader import Journal
from detrun.model import Plan, Target
from detrun.recording import replay
from detrun.scheduler.clock import BIRTHDAY
from detrun.scheduler.limits import SECONDS, STEPS
from detrun.scheduler.strategies import named
from detrun.scheduler.strategies.recorded import Recorded
from detrun.scheduler.strategies.strategy import Strategy
from detrun.scheduler.world.entropy import FIXED
from detrun.scheduler.world.world import moment

# Whoever takes so many times as many steps, and so many more, spins.
_TIMES, _STEPS = 10, 10_000


class Told:
    """A minimized failure, as it is reported; a problem is what of it could not be written, and why.

    `again` says whether it fails in a fresh process, if that is known, and `journal` where it is kept, if it is.
    """

    def __init__(
        self, found: Found, trials: Trials, plan: KeptPlan, kept: tuple[Path, bool] | None, problem: JournalError | None
    ) -> None:
        self._trials = trials
        self.found = found
        self.plan = plan
        self.journal: Path | None
        self.again: bool | None
        self.journal, self.again = (None, None) if kept is None else kept
        self.problem: DetrunError | None = problem

    @property
    def minimal(self) -> bool:
        """Whether nothing more could be left out."""
        return self.found.minimized.minimal

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        minimized = self.found.minimized
        return {
            "schema": "detrun.minimize/1",
            "holds": [{"event": event, "until": until} for event, until in self.plan.holds],
            "faults": [{"question": name, "answer": answer} for name, answer in self.plan.faults],
            "latencies": [
                {"what": each.what, "link": each.link, "seconds": each.seconds}
                for flip in self.found.explanation.flips
                if (each := flip.latency) is not None
            ],
            "inputs": list(self.found.explanation.inputs),
            "left_out": list(self.plan.without),
            "runs": minimized.runs,
            "seconds": minimized.seconds,
            "minimal": self.minimal,
            "fresh": self.again,
            "signature": str(self.found.signature),
            "slipped": sorted(map(str, minimized.slipped)),
            "journal": self.journal and os.fspath(self.journal),
            "journal_problem": str(self.problem) if self.journal is None else None,
            "explanation": msgspec.to_builtins(self.found.explanation),
        }

    def write(self, places: Mapping[str, str], header: Header) -> dict[str, str | None]:
        """Write the test and the script that were asked for; where they are, or why there is none."""
        subject, written = self._subject(header), dict[str, str | None](test=None, plain=None, plain_problem=None)
        try:
            if "emit" in places and self.journal is not None:
                with silence():
                    plan = lasting(self._trials, self.found.plan)
                written["test"] = os.fspath(emit(Path(places["emit"]), subject, plan, self.journal))
            if "emit_plain" in places:
                with silence():
                    problem = plain.write(Path(places["emit_plain"]), self._trials, self.found.plan, subject)
                written |= {"plain": None if problem else places["emit_plain"], "plain_problem": problem}
        except UsageError as error:
            self.problem = self.problem or error
        return written

    def _subject(self, header: Header) -> Subject:
        explanation = self.found.explanation
        return Subject(
            header.target,
            tuple(header.arguments),
            header.configuration.get("directory", "."),
            str(self.found.signature),
            explanation.failure,
            explanation.sentence,
        )

    def lines(self) -> list[str]:
        """The report for people."""
        minimized = self.found.minimized
        small = "minimal" if self.minimal else "not minimal, for time ended"
        lines = [f"detrun: {told(self.found.explanation)[0]}", *told(self.found.explanation)[1:]]
        lines += [f"detrun: also found: {slipped}" for slipped in sorted(map(str, minimized.slipped))]
        if self.again is False:
            lines.append("detrun: in a fresh process it does not fail: modules of the program keep something")
        place = self.journal or "kept nowhere"
        return [*lines, f"detrun: {small} after {counted(minimized.runs, 'run')}, {minimized.seconds:.1f} s, {place}"]


def lines(written: Mapping[str, str | None]) -> list[str]:
    """What was written, for people."""
    said = {
        "test": "detrun: kept as a test in {}",
        "plain": "detrun: a script for stock asyncio is in {}",
        "plain_problem": "detrun: there is no script for stock asyncio: {}",
    }
    return [text.format(written[name]) for name, text in said.items() if written[name] is not None]


def minimize(journal: Journal, prepared: Prepared, path: Path, seconds: float, hash_seed: str) -> Told | None:
    """The failing run of a journal, minimized, explained and kept; nothing if it does not fail."""
    header = journal.header
    if header.world != "simulated":
        raise UsageError(f"expected the journal of a simulated run, got one of a {header.world} one: {journal.path}")
    sources = prepared.sources if prepared.code == "recorded" else {}
    keeper = Keeper(path, Source(header, prepared.program, sources, hash_seed))
    with silence():
        trials, known = _extracted(journal, prepared)
    if known.signature is None:
        keeper.dismiss()
        return None
    if known.plan is None:
        keeper.dismiss()
        raise UsageError("expected a run that a plan of holds can be made of, got one that depends on something else")
    with silence():
        found = smallest(trials, known.plan, known.signature, seconds)
        plan = kept(trials, found.plan)
    try:
        fresh = keeper.keep(found.plan, plan.story)
    except JournalError as error:
        path.unlink(missing_ok=True)  # what there is of it is of no use
        return Told(found, trials, plan, None, error)
    return Told(found, trials, plan, (path, fresh.outcome != "ok"), None)


def _world(header: Header) -> Plan:
    """What the recorded run was made in, as a plan without holds."""
    asked = replay.options(header)
    fixed = asked.get("entropy") == "fixed"
    return Plan(
        kinds=tuple(asked.get("faults", ())), entropy=FIXED if fixed else int(header.seed), level=asked.get("level", 1)
    )


def _extracted(journal: Journal, prepared: Prepared) -> tuple[Trials, Extracted]:
    """What the recorded run failed of, as a plan, and what makes trials of the program.

    Its modules are executed anew for each run if they keep something from one to the next.
    """
    header, answers = journal.header, replay.strategy(journal)
    if Target.of(header.target).function is not None:
        audit, trials = Audit(), _trials(journal, lambda: prepared.program)
        known = extracted(trials, _strategy(answers, header), _world(header))
        if known.plan is not None and not audit.changed():
            return trials, known
    trials = _trials(journal, anew(journal, prepared))
    return trials, extracted(trials, _strategy(replay.strategy(journal), header), _world(header))


def _strategy(answers: str | Recorded, header: Header) -> Strategy:
    return named(answers, int(header.seed)) if isinstance(answers, str) else answers


def _most_steps(journal: Journal, asked: int) -> int:
    """How many steps a trial may take: many more than the recorded run, if that met no bound, but no more than it."""
    met = any(isinstance(entry, Ended) and entry.outcome == "limit" for entry in journal.ends())
    return asked if met else min(asked, _TIMES * journal.last_step() + _STEPS)


def _trials(journal: Journal, fresh: Callable[[], Callable[[], Any]]) -> Trials:
    asked = replay.options(journal.header)
    most = _most_steps(journal, asked.get("max_steps", STEPS))

    def at(level: int) -> Attempts:
        return Attempts(
            fresh,
            level=level,
            max_steps=most,
            max_time=asked.get("max_time", SECONDS),
            leaks=asked.get("leaks", False),
            begin=moment(asked["start_time"]) if "start_time" in asked else BIRTHDAY,
        )

    return Trials(at)
