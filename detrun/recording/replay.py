"""Running a journal again: the same program, the same engine, and a journal that says what has to happen."""

from __future__ import annotations

import time
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from detrun.errors import Divergence, JournalError, UsageError
from detrun.journal.entries import LIVES, Decided, Ended, Failed, GenerationMoved
from detrun.live.program import run as run_live
from detrun.live.recorded import RecordedEdge
from detrun.model import SLACK, hexadecimal, signed
from detrun.recording.keeping import SEEDED
from detrun.recording.replaying import Difference, Enough, Replaying
from detrun.scheduler import endless
from detrun.scheduler.endless import bounded
from detrun.scheduler.program import run
from detrun.scheduler.strategies.recorded import Recorded
from detrun.scheduler.world.signals import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detrun.journal.entries import Entry
    from detrun.journal.header import Header
    from detrun.journal.reader import Journal
    from detrun.model import Run

# What a run was asked for beside its program, by the type that it has for `run`.
_OPTIONS: dict[str, Callable[[str], Any]] = {
    "max_steps": int,
    "max_time": float,
    "level": int,
    "start_time": str,
    "entropy": str,
    "strict": lambda text: text == "True",
    "leaks": lambda text: text == "True",
    "faults": lambda text: [name for name in text.split(",") if name],
}


class Replay(msgspec.Struct, frozen=True):
    """What became of a replay: how far it was the same, and where it parted if it did."""

    steps: int
    digest: str
    recorded_outcome: str
    difference: Difference | None
    run: Run | None
    wall_seconds: float

    @property
    def failed(self) -> bool:
        """Whether it came to the failure that the journal has."""
        return self.whole and self.run is not None and self.run.failure is not None

    @property
    def whole(self) -> bool:
        """Whether the program was run to its end, and not only as far as it was compared."""
        return self.recorded_outcome != "killed" and self.run is not None and not isinstance(self.run.error, Enough)


def check_step(journal: Journal, step: int) -> None:
    """Refuse a step that is not in a journal."""
    if step > (last := journal.last_step()):
        raise UsageError(f"expected a step of the journal, up to {last}, got {step}")


def replay(journal: Journal, program: Callable[[], Any], until: int | None = None) -> Replay:
    """Run a program again, and compare it with its journal step by step."""
    record = Replaying(until)
    return compared(journal, program, record, whole=until is None)


def compared(journal: Journal, program: Callable[[], Any], record: Replaying, *, whole: bool = True) -> Replay:
    """Run a program again along this record; `whole` says that it is to go on to the end."""
    rerun = _live if journal.header.world == "live" else _simulated
    trusted, began = _Trusted(), time.perf_counter()
    again, outside = rerun(journal, program, record, trusted)
    wall_seconds = time.perf_counter() - began
    trusted.check()
    end, inside, trace = _end(journal), record.difference, record.engine.trace
    # A program may swallow what the edge says, and go on for a moment.
    is_first = outside is not None and (inside is None or outside.step <= inside.step)
    return Replay(
        steps=trace.step if record.last is None else record.last,
        digest=hexadecimal(trace.fingerprint()),
        recorded_outcome=end.outcome if end is not None else "killed",
        difference=outside if is_first else _parted(record, end, again, whole=whole),
        run=again,
        wall_seconds=wall_seconds,
    )


def _simulated(
    journal: Journal, program: Callable[[], Any], record: Replaying, trusted: _Trusted
) -> tuple[Run, Difference | None]:
    header = journal.header
    if header.configuration.get("entropy") == "real":
        raise UsageError(
            f"expected a run whose randomness follows from its seed, got one with the system's: {journal.path}"
        )
    record.along(trusted.of(journal.entries()))
    # As it was ended when it was recorded; whoever computed as long as he liked does so again.
    with bounded() if _was_endless(journal) else nullcontext():
        answers = strategy(journal)
        return run(program, seed=int(header.seed), strategy=answers, **options(header), record=record), None


def _live(
    journal: Journal, program: Callable[[], Any], record: Replaying, trusted: _Trusted
) -> tuple[Run | None, Difference | None]:
    """What came is given back, and what leaves is compared; where that parted."""
    read, header = journal.twice(), journal.header
    record.along(trusted.of(read.ahead()))
    edge = RecordedEdge(trusted.of(read.behind()), record, header.checks)
    asked = {name: value for name, value in options(header).items() if name in {"max_steps", "max_time", "strict"}}
    entropy, again = header.configuration.get("entropy", "real"), None
    with suppress(Divergence, Killed):  # the edge knows where it parted; a journal may end before its run began
        again = run_live(program, edge, record, entropy, seed=int(header.seed), **asked)
    if (found := edge.found) is None:
        return again, None
    before = tuple(record.before)
    return again, Difference(found.at, "the outside", found.expected, found.actual, edge.where, before)


class _Trusted:
    """Entries as far as they can be trusted.

    A journal is read while the program runs, which is not to catch what is wrong with it, nor to go on in its own way
    after that: there it is the same as if the journal ended.
    """

    def __init__(self) -> None:
        self._problem: JournalError | None = None

    def of(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        try:
            yield from entries
        except JournalError as error:
            self._problem = error

    def check(self) -> None:
        """Raise what was wrong, if anything was."""
        if self._problem is not None:
            raise self._problem


def options(header: Header) -> dict[str, Any]:
    """What the run was asked for, as `run` takes it."""
    return {
        name: convert(header.configuration[name]) for name, convert in _OPTIONS.items() if name in header.configuration
    }


def recorded_sources(journal: Journal) -> dict[str, bytes]:
    """The sources that the program had, by path; of an application, those that it had first."""
    blobs: dict[str, bytes] = {}
    for entry in journal.marked(LIVES):
        if isinstance(entry, GenerationMoved):
            blobs |= {path: blob for path, blob in entry.sources if not entry.name or path not in blobs}
    return {path: b"".join(journal.blob(blob)) for path, blob in blobs.items()}


def recorded_generations(journal: Journal) -> dict[tuple[str, int], dict[str, bytes]]:
    """The sources that each generation was loaded from, by path; by the name of what it is a generation of, and number.

    A plain program has one, without a name.
    """
    found: dict[tuple[str, int], dict[str, bytes]] = {}
    for entry in journal.marked(LIVES):
        if isinstance(entry, GenerationMoved) and entry.sources:
            sources = found.setdefault((journal.name(entry.name), entry.generation), {})
            sources |= {path: b"".join(journal.blob(blob)) for path, blob in entry.sources}
    return found


def recorded_versions(journal: Journal) -> dict[str, list[bytes]]:
    """All that each file of the program was in the course of the run, by path."""
    found: dict[str, list[bytes]] = {}
    for sources in recorded_generations(journal).values():
        for path, source in sources.items():
            found.setdefault(path, []).append(source)
    return found


def strategy(journal: Journal) -> str | Recorded:
    """What answers again as it was answered in this journal: the name of a strategy, or its decisions."""
    if journal.header.strategy in SEEDED:
        return journal.header.strategy
    if journal.header.world != "simulated":
        raise UsageError(
            f"expected the journal of a simulated run, got one of a {journal.header.world} one: {journal.path}"
        )
    slack, delay = (int(journal.header.configuration.get(name, SLACK)) for name in ("slack", "delay"))
    return Recorded([entry.decision for entry in journal.entries() if isinstance(entry, Decided)], slack, delay)


def _was_endless(journal: Journal) -> bool:
    return any(isinstance(entry, Failed) and endless.LIMIT in entry.message for entry in journal.ends())


def _end(journal: Journal) -> Ended | None:
    return next((entry for entry in journal.ends() if isinstance(entry, Ended)), None)


def _parted(record: Replaying, end: Ended | None, again: Run | None, *, whole: bool) -> Difference | None:
    """Where the runs parted; where a program that ended by itself should have gone on, also what ended it."""
    difference = record.difference
    if again is None:
        return difference
    if difference is None:
        return _last(record, end, again) if whole else None
    if again.failure is None or isinstance(again.error, Enough):
        return difference
    return replace(difference, actual=f"{difference.actual}; {_told(again)}", where=again.failure.where)


def _last(record: Replaying, end: Ended | None, again: Run) -> Difference | None:
    """A difference that only the end of the run shows."""
    if end is None or record.whole or (end.digest, end.outcome) == (signed(again.digest), again.outcome):
        return None
    expected, actual = f"{end.outcome} after {end.step} steps", f"{_told(again)} after {again.steps} steps"
    if expected == actual:
        expected, actual = f"{expected}, digest {hexadecimal(end.digest)}", f"{actual}, digest {again.digest}"
    where = None if again.failure is None else again.failure.where
    return Difference(again.steps, "the end", expected, actual, where, ())


def _told(run: Run) -> str:
    return run.outcome if run.failure is None else f"{run.outcome} ({run.failure.message.splitlines()[-1]})"
