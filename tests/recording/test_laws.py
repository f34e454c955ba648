"""What holds for every journal: its replay is the run that it was made of, as far as it goes, however often."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detrun.errors import JournalError, Stuck
from detrun.journal.entries import Entry
from detrun.journal.header import here
from detrun.journal.reader import Journal
from detrun.journal.recorder import Recorder
from detrun.journal.sinks import Kept
from detrun.journal.writer import Durability, Writer
from detrun.model import Run
from detrun.recording.recording import Recording
from detrun.recording.replaying import Replaying
from detrun.scheduler.channels import Channel
from detrun.scheduler.loop import Loop
from detrun.scheduler.program import run
from tests.cli.command import detrun, written
from tests.laws import programs as laws
from tests.laws.acts import Act
from tests.laws.arms import LONGEST, collector_at_rest
from tests.laws.deeds import Program
from tests.laws.schedules import PLAIN
from tests.laws.stage import Stage, perform
from tests.laws.test_same_seed import perturb
from tests.recording.programs import FAULTS, Body, Log, main, programs

Start = Callable[[Log], Callable[[], Any]]
# A run that ends in the middle leaves open what its program has open, and threads that end as they can.
UNTIDY = pytest.mark.filterwarnings("ignore")
SOME = settings(PLAIN, max_examples=60)
FEW = settings(PLAIN, max_examples=12)
# All that there is in one program.
BUSY: tuple[Body, ...] = (
    (("draw", 1), ("talk", 6), ("work", 3), ("jobs", 5), ("signal", 0), ("put", 1), ("get", 0)),
    (("spawn", 3), ("thread", 4), ("timer", 2), ("event", 0), ("talk", 5), ("lock", 2)),
    (("lock", 3), ("sleep", 4), ("draw", 2), ("put", 3), ("get", 0), ("work", 2)),
)


class Played(NamedTuple):
    """A run, and what its program saw."""

    run: Run
    log: Log

    @property
    def story(self) -> tuple[str, int, str, Log]:
        """What two runs share that are one."""
        return self.run.digest, self.run.steps, self.run.outcome, self.log


class _Seen(Log):
    """What a program sees as long as it is compared: what it does while it is unwound is no part of the run."""

    def __init__(self, record: Replaying) -> None:
        self._record = record

    def append(self, item: object) -> None:
        if self._record.last is None:
            super().append(item)


def recorded(start: Start, **options: Any) -> tuple[Played, list[Entry]]:
    """The run of a program, and its journal."""
    kept, log = Kept(), Log()
    record = Recording(Recorder(kept), lambda: None, decisions=True)
    with collector_at_rest():
        return Played(run(start(log), record=record, **options), log), kept.entries


def replayed(start: Start, entries: Sequence[Entry], **options: Any) -> tuple[Played, Replaying]:
    """The same program along these entries."""
    record = Replaying()
    record.along(iter(entries))
    log = _Seen(record)
    with collector_at_rest():
        return Played(run(start(log), record=record, **options), log), record


def using(bodies: tuple[Body, ...]) -> Start:
    """A program that uses all that a run has."""
    return lambda log: main(bodies, log)


def acting(program: Program) -> Start:
    """A program of the laws of schedules, whose messages come by channels."""

    def start(log: Log) -> Callable[[], Any]:
        channels: dict[str, Channel] = {}

        def send(stage: Stage, name: str, act: Act) -> None:
            assert isinstance(stage.loop, Loop)
            home = stage.loop.home
            channel = channels.get(name) or home.engine.channel(home, name, stage.act)
            channels.setdefault(name, channel).put(act)

        return lambda: perform(program, Stage(asyncio.new_event_loop(), log, send), Stuck)  # type: ignore[arg-type]

    return start


def written_down(path: Path, entries: Sequence[Entry], each: int = 8) -> bytes:
    """The bytes of a journal with these entries, so many of them in a block."""
    with Writer(path, here("program"), durability=Durability.NONE) as writer:
        for place, entry in enumerate(entries, 1):
            writer.append(entry)
            if place % each == 0:
                writer.flush()
    return path.read_bytes()


@UNTIDY
@SOME
@given(programs(), st.integers(0, 5), st.sets(st.sampled_from(FAULTS)))
def test_to_record_and_replay_is_to_run(bodies: tuple[Body, ...], seed: int, faults: set[str]) -> None:
    options: dict[str, Any] = {"seed": seed, "faults": sorted(faults)}
    made, entries = recorded(using(bodies), **options)

    again, record = replayed(using(bodies), entries, **options)

    assert record.difference is None
    assert again.story == made.story == Played(*_plain(using(bodies), **options)).story


@SOME
@given(laws.programs(), st.integers(0, 5))
def test_the_programs_of_the_schedules_replay_too(program: Program, seed: int) -> None:
    made, entries = recorded(acting(program), seed=seed, max_steps=LONGEST)

    again, record = replayed(acting(program), entries, seed=seed, max_steps=LONGEST)

    assert record.difference is None
    assert again.story == made.story


@UNTIDY
@FEW
@given(programs(), st.integers(0, 5))
def test_another_seed_parts_or_is_the_same_run(bodies: tuple[Body, ...], seed: int) -> None:
    made, entries = recorded(using(bodies), seed=seed)

    again, record = replayed(using(bodies), entries, seed=seed + 1)

    assert (record.difference is None) == (again.story == made.story)


@UNTIDY
@FEW
@given(programs(), st.integers(0, 5))
def test_the_first_entries_of_a_journal_replay_its_beginning(bodies: tuple[Body, ...], seed: int) -> None:
    made, entries = recorded(using(bodies), seed=seed)

    for place in range(0, len(entries), max(len(entries) // 12, 1)):
        again, record = replayed(using(bodies), entries[:place], seed=seed)

        assert record.difference is None
        assert again.log == made.log[: len(again.log)]


@UNTIDY
def test_a_journal_that_was_cut_anywhere_replays_its_beginning(tmp_path: Path) -> None:
    made, entries = recorded(using(BUSY), seed=3)
    data = written_down(tmp_path / "whole.bin", entries)
    steps = []

    for size in range(0, len(data), max(len(data) // 150, 1)):
        try:
            left = list(Journal([data[:size]]).entries())
        except JournalError:
            continue  # not even its header is whole
        again, record = replayed(using(BUSY), left, seed=3)
        steps.append(again.run.steps if record.last is None else record.last)

        assert record.difference is None
        assert again.log == made.log[: len(again.log)]
    assert len(steps) > 100
    assert steps == sorted(steps)


def test_a_hundred_replays_in_a_perturbed_heap_are_one() -> None:
    made, entries = recorded(using(BUSY), seed=3)
    kept, seen = [], set()

    for number in range(100):
        kept.append(perturb(number))
        again, record = replayed(using(BUSY), entries, seed=3)
        seen.add(repr(again.story))
        assert record.difference is None

    assert seen == {repr(made.story)}


def test_processes_with_other_hash_seeds_replay_one_run(tmp_path: Path) -> None:
    assert _digests(tmp_path, ("0", "1", "42", "random")) == 1


@pytest.mark.soak
def test_a_hundred_processes_with_other_hash_seeds_replay_one_run(tmp_path: Path) -> None:
    assert _digests(tmp_path, [str(seed) for seed in range(100)]) == 1


def _digests(directory: Path, hash_seeds: Sequence[str]) -> int:
    """How many digests the replays of one journal have."""
    root = str(Path(__file__).parents[2])
    lines = [f"import asyncio, sys; sys.path.append({root!r})", "from tests.recording.programs import main"]
    lines += [f"log = []; asyncio.run(main({BUSY!r}, log)()); print(log)"]
    program = written(directory, "program.py", lines)
    recorded = json.loads(detrun("run", program, "-o", "json", cwd=directory).stdout.splitlines()[-1])
    digests = {recorded["digest"]}
    for hash_seed in hash_seeds:
        ended = detrun("replay", recorded["journal"], "-o", "json", cwd=directory, PYTHONHASHSEED=hash_seed)
        assert ended.returncode == 0, ended.stderr
        digests.add(json.loads(ended.stdout.splitlines()[-1])["digest"])
    return len(digests)


def _plain(start: Start, **options: Any) -> tuple[Run, Log]:
    log = Log()
    with collector_at_rest():
        return run(start(log), **options), log
